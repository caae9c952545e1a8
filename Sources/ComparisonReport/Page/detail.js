// One utterance: its words, and its sound if it carries it.

let opened = null;

const detail = byId('detail');

function prepareDetail() {
  detail.addEventListener('close', () => {
    const index = opened?.index;
    silence();
    opened = null;
    history.replaceState(null, '', location.pathname + location.search);
    const place = shown.indexOf(index);
    if (place >= 0) moveTo(place);
  });
  detail.addEventListener('click', event => {
    if (event.target === detail) detail.close();
  });
  detail.addEventListener('keydown', event => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const isControl = event.target.matches('button, input, select');
    if (event.key === ' ' && !isControl) opened?.player?.toggle();
    else if (event.key === 'j' || event.key === 'k') openNext(event.key === 'j' ? 1 : -1);
    else if (event.key.startsWith('Arrow') && !isControl && opened?.player && event.key !== 'ArrowUp' && event.key !== 'ArrowDown') {
      opened.player.skip((event.key === 'ArrowRight' ? 1 : -1) * (event.shiftKey ? 1 : 0.1));
    } else return;
    event.preventDefault();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => opened?.timeline?.paint());
}

/** The utterance that the address names, if it does. */
function openLinked() {
  let id = '';
  try { id = decodeURIComponent(location.hash.slice(1)); } catch { return; }
  const index = utterances.findIndex(utterance => utterance.id === id);
  if (id && index >= 0) openDetail(index);
}

function openNext(step) {
  const place = shown.indexOf(opened.index) + step;
  if (shown[place] !== undefined) openDetail(shown[place]);
}

function silence() {
  opened?.player?.end();
}

function openDetail(index) {
  silence();
  const utterance = utterances[index];
  const block = soundElement(index);
  const sound = block && JSON.parse(block.textContent);
  opened = { index };
  const stage = element('div.stage');
  detail.replaceChildren(
    element('div.bar', {},
      element('h2', { id: 'detail-title' }, visible(utterance.id)),
      element('span.facts', {}, facts(utterance).join(' · ')),
      element('button', { 'aria-label': 'previous utterance', title: 'previous (k)', onclick: () => openNext(-1) }, '↑'),
      element('button', { 'aria-label': 'next utterance', title: 'next (j)', onclick: () => openNext(1) }, '↓'),
      element('button', { 'aria-label': 'close', title: 'close (Esc)', onclick: () => detail.close() }, '✕')),
    stage,
    element('div', {}, element('p.hidden', {}, description(utterance)), interlinear(utterance, { full: true })),
    element('div.wide', {}, readingsTable(utterance)));
  history.replaceState(null, '', '#' + encodeURIComponent(utterance.id));
  if (!detail.open) detail.showModal();
  detail.scrollTop = 0;
  if (!sound) {
    stage.append(element('p.note', {}, document.documentElement.dataset.ready === 'all'
      ? 'This utterance does not carry its sound.' : 'Sounds are still being read.'));
    detail.focus();
    return;
  }
  const controls = element('span.player');
  const view = timeline(utterance, sound, {
    seek: seconds => opened.player?.seek(seconds) ?? view.show(seconds),
    play: (from, to) => opened.player?.play(from, to) ?? view.show(from),
  });
  opened.timeline = view;
  opened.player = sound.audio ? player(sound.audio, view, controls) : null;
  if (!sound.audio) controls.append(element('span.note', {}, 'Its audio is not at hand.'));
  view.node.firstChild.prepend(controls);
  stage.append(view.node);
  view.fit();
  view.slider.focus({ preventScroll: true });
}

const facts = utterance => [
  utterance.speaker !== null ? visible(utterance.speaker) : null,
  isNumber(utterance.seconds) ? `${fixed(utterance.seconds, 2)} s` : null,
  isNumber(utterance.level) ? `${fixed(utterance.level, 1)} dB below full scale`.replace('−', '') : null,
  isNumber(utterance.pace) ? `${fixed(utterance.pace, 1)} words a second` : null,
].filter(Boolean);

function readingsTable(utterance) {
  const scored = utterance.readings.some(reading => isNumber(reading.score));
  return element('table', {}, heads('System', '#Errors', '#Confidence', ...(scored ? ['#Score'] : []), 'Hypothesis'),
    element('tbody', {}, utterance.readings.map((reading, system) => element('tr', {},
      element('th', { scope: 'row' }, named(system)), element('td.number', {}, whole(reading.errors)),
      element('td.number', {}, fixed(reading.confidence, 3)),
      scored ? element('td.number', {}, fixed(reading.score, 2)) : null,
      element('td', { dir: 'auto' }, visible(hypothesis(utterance, system)) || element('span.faint', {}, '(nothing)'))))));
}

/** Plays a sound and moves the cursor along; its buttons go into `controls`. */
function player({ type, data }, view, controls) {
  const address = URL.createObjectURL(new Blob([bytes(data)], { type }));
  const audio = new Audio(address);
  audio.preload = 'auto';
  let stopAt = Infinity;
  const button = element('button.play', { onclick: () => toggle() }, '▶ Play');
  const clock = element('span.clock', {}, time(0));
  const speed = element('select', { 'aria-label': 'Speed', onchange: () => { audio.playbackRate = Number(speed.value); } },
    [1, 0.75, 0.5].map(rate => element('option', { value: rate }, `${rate}×`)));
  controls.append(button, clock, ` / ${time(view.duration)} `, speed);

  const update = () => {
    if (audio.currentTime >= stopAt) {
      stopAt = Infinity;
      audio.pause();
    }
    clock.textContent = time(audio.currentTime);
    button.textContent = audio.paused ? '▶ Play' : '❚❚ Pause';
    view.show(audio.currentTime, { follow: !audio.paused });
    if (!audio.paused) requestAnimationFrame(update);
  };
  for (const event of ['play', 'pause', 'seeked', 'ended']) audio.addEventListener(event, update);
  audio.addEventListener('error', () => { clock.textContent = 'This browser cannot play it.'; });

  const play = (from, to = Infinity) => {
    if (from !== undefined) audio.currentTime = from;
    stopAt = to;
    audio.play().catch(() => {});
    return true;
  };
  const seek = seconds => {
    stopAt = Infinity;
    audio.currentTime = Math.max(0, Math.min(view.duration, seconds));
    return true;
  };
  const toggle = () => audio.paused ? play() : audio.pause();
  return {
    play, seek, toggle, audio,
    skip: seconds => seek(audio.currentTime + seconds),
    end() {
      audio.pause();
      audio.removeAttribute('src');
      URL.revokeObjectURL(address);
    },
  };
}
