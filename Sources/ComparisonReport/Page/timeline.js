// A sound over time: waveform, emissions with paths over them, and words, on one axis.

/** Colours of the levels 0 … 255, as the style has them. */
function palette() {
  const stops = getComputedStyle(document.documentElement).getPropertyValue('--heat').split(',')
    .map(stop => stop.trim().split(/\s+/).map(Number));
  return Array.from({ length: 256 }, (_, level) => {
    // Squared: what is improbable shall hardly be seen.
    const place = (level / 255) ** 2 * (stops.length - 1);
    const below = Math.min(Math.floor(place), stops.length - 2);
    return stops[below].map((value, k) => value + (place - below) * (stops[below + 1][k] - value));
  });
}

/** One pixel a frame and token; the style stretches it. */
function paint(canvas, image, levels) {
  const colours = palette();
  const pixels = new ImageData(image.frames, image.tokens.length);
  levels.forEach((level, place) => pixels.data.set([...colours[level], 255], 4 * place));
  canvas.getContext('2d').putImageData(pixels, 0, 0);
}

/** A system's path in units of frames and rows: what it says, and how it gets from one to the next; off the middle
 *  of the rows by `offset`. */
function pathLines(track, image, system, offset) {
  const { blank } = page.vocabularies[image.vocabulary];
  const rowOf = new Map(image.tokens.map((token, row) => [token, row]));
  let [frame, runs, rests, joins, last] = [0, '', '', '', null];
  for (let k = 0; k < track.path.length; k += 2) {
    const [token, count] = track.path.slice(k, k + 2);
    const y = (rowOf.get(token) ?? NaN) + 0.5 + offset;
    if (token === blank) {
      rests += `M${frame} ${y}H${frame + count}`;
    } else if (!Number.isNaN(y)) {
      runs += `M${frame} ${y}H${frame + count}`;
      if (last) joins += `M${last.x} ${last.y}L${frame} ${y}`;
      last = { x: frame + count, y };
    }
    frame += count;
  }
  return shape(`g.path.system-${system % 6}`, { 'data-system': system },
    shape('path.rests', { d: rests }), shape('path.halo', { d: runs }), shape('path.joins', { d: joins }), shape('path.runs', { d: runs }));
}

function waveform(sound) {
  const peaks = new Int8Array(bytes(sound.peaks).buffer);
  const count = peaks.length / 2;
  let [upper, lower] = ['', ''];
  for (let k = 0; k < count; k++) {
    upper += `L${k} ${-peaks[2 * k + 1]}L${k + 1} ${-peaks[2 * k + 1]}`;
    lower = `L${k + 1} ${-peaks[2 * k]}L${k} ${-peaks[2 * k]}` + lower;
  }
  return shape('svg', { viewBox: `0 -128 ${Math.max(1, count)} 256`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    shape('path.wave', { d: `M0 0${upper}${lower}z` }));
}

const time = seconds => `${seconds.toFixed(2)} s`;

/** What the words of a hypothesis are to the reference, or nothing if the times are of other words. */
function kinds(utterance, system, count) {
  const { words, inserted } = aligned(utterance, system);
  const list = inserted.flatMap((extra, place) => [...extra.map(() => 'insertion'),
    ...(words[place] && words[place].kind !== 'deletion' ? [words[place].kind] : [])]);
  return list.length === count ? list : [];
}

/**
 * The picture and what is done with it: `node`, `show(seconds)` to move the cursor, `paint()` in new colours.
 * It calls `seek(seconds)` and `play(from, to)`.
 */
function timeline(utterance, sound, { seek, play }) {
  const duration = sound.seconds || 1;
  const part = seconds => `${100 * seconds / duration}%`;
  const readout = element('output.readout', { 'aria-hidden': 'true' }, '\u00A0');
  const cursor = element('div.cursor');
  const axis = element('div.track');
  const heatLabel = element('div.label');
  const heatTrack = element('div.track.heat');
  let chosen = 0;
  let scale = 100;

  const lane = (kind, label, track) => element(`div.lane.${kind}`, {}, label, track);
  const label = (...parts) => element('div.label', {}, ...parts);
  const secondsAt = event => {
    const box = axis.getBoundingClientRect();
    return Math.max(0, Math.min(duration, (event.clientX - box.left) / box.width * duration));
  };
  const slider = element('div.track', {
    role: 'slider', tabindex: 0, 'aria-label': 'Position', 'aria-valuemin': 0, 'aria-valuemax': duration.toFixed(2),
    'aria-valuenow': 0, 'aria-valuetext': time(0),
  }, waveform(sound));

  const wordLane = (mark, list, kind, title) => element('div.lane.words', { role: 'toolbar', 'aria-label': title }, label(mark),
    element('div.track', {}, list.map(([text, start, end, confidence], place) => element(`button.word${kind[place] ? '.' + kind[place] : ''}`, {
      style: { left: part(start), width: part(end - start) }, tabindex: place ? -1 : 0,
      title: `${visible(text)}, ${time(start)} to ${time(end)}${isNumber(confidence) ? `, confidence ${fixed(confidence, 2)}` : ''}`,
      onclick: () => play(start, end),
    }, element('bdi', {}, visible(text))))));

  const lanes = element('div.lanes', { style: { '--seconds': duration } },
    lane('wave', label('sound'), slider),
    sound.emissions.length ? lane('emissions', heatLabel, heatTrack) : null,
    sound.reference.length ? wordLane('ref', sound.reference, [], 'Reference') : null,
    sound.tracks.map((track, system) => track.words.length
      ? wordLane(badge(system), track.words, kinds(utterance, system, track.words.length), visible(systems[system].name)) : null),
    lane('axis', label('seconds'), axis), cursor);

  function showEmissions(place) {
    chosen = place;
    const image = sound.emissions[place];
    if (!image) return;
    image.bytes ??= bytes(image.levels);
    const { tokens, blank } = page.vocabularies[image.vocabulary];
    const width = part(image.frames * image.frameSeconds);
    const canvas = element('canvas', {
      width: image.frames, height: image.tokens.length, style: { width }, role: 'img',
      'aria-label': `Posteriors of ${image.tokens.length} tokens over ${image.frames} frames`,
    });
    paint(canvas, image, image.bytes);
    heatLabel.replaceChildren(...image.tokens.map(token =>
      element('span', { title: `token ${token}` }, token === blank ? 'blank' : visible(tokens[token]))));
    lanes.style.setProperty('--rows', image.tokens.length);
    const readers = sound.tracks.map((_, system) => system).filter(system => sound.tracks[system].emissions === place);
    heatTrack.replaceChildren(canvas, shape('svg', {
      viewBox: `0 0 ${image.frames} ${image.tokens.length}`, preserveAspectRatio: 'none', style: { width }, 'aria-hidden': 'true',
    }, // Side by side where systems agree.
    readers.map((system, k) => pathLines(sound.tracks[system], image, system, 0.66 * ((k + 0.5) / readers.length - 0.5)))));
    for (const box of paths.querySelectorAll('input')) {
      box.disabled = sound.tracks[box.value].emissions !== place;
      showPath(Number(box.value), box.checked);
    }
  }

  const paths = element('span.paths', {}, sound.tracks.map((track, system) => track.path.length ? element('label', {},
    element('input', { type: 'checkbox', checked: true, value: system, onchange: event => showPath(system, event.target.checked) }),
    ' ', badge(system)) : null));

  function showPath(system, isOn) {
    heatTrack.querySelector(`[data-system="${system}"]`)?.toggleAttribute('hidden', !isOn);
  }

  function zoom(to) {
    scale = Math.max(20, Math.min(1000, to));
    lanes.style.setProperty('--scale', scale);
    const step = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60].find(step => step * scale >= 60) ?? 60;
    const marks = [];
    for (let k = 0; k * step < duration; k++) {
      marks.push(element('span', { style: { left: part(k * step) } }, String(Number((k * step).toFixed(2)))));
    }
    axis.replaceChildren(...marks);
  }

  const fit = () => zoom(Math.max(100, (lanes.clientWidth - lanes.firstChild.firstChild.offsetWidth - 2) / duration));

  for (const track of [slider, heatTrack]) {
    track.addEventListener('pointerdown', event => {
      if (event.button === 0) seek(secondsAt(event));
    });
  }
  heatTrack.addEventListener('pointermove', event => {
    const image = sound.emissions[chosen];
    const box = heatTrack.getBoundingClientRect();
    const frame = Math.floor(secondsAt(event) / image.frameSeconds);
    const row = Math.floor((event.clientY - box.top) / box.height * image.tokens.length);
    if (frame >= image.frames || !image.tokens[row] && image.tokens[row] !== 0) return;
    const level = image.bytes[row * image.frames + frame];
    const token = page.vocabularies[image.vocabulary].tokens[image.tokens[row]];
    const p = Math.exp((level / 255 - 1) * image.depth);
    readout.textContent = `${time(frame * image.frameSeconds)} · ${visible(token)} · ${level ? short(p) : 'under ' + short(p)}`;
  });
  heatTrack.addEventListener('pointerleave', () => { readout.textContent = '\u00A0'; });
  // Along a lane of words with the arrows.
  lanes.addEventListener('keydown', event => {
    if (!event.target.matches('button.word')) return;
    const words = [...event.target.parentNode.children];
    const here = words.indexOf(event.target);
    const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: words.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (!words[to]) return;
    event.target.tabIndex = -1;
    words[to].tabIndex = 0;
    words[to].focus();
  });

  const choice = sound.emissions.length > 1 ? element('label', {}, 'Emissions ', element('select', {
    id: 'emissions', onchange: event => showEmissions(Number(event.target.value)),
  }, sound.emissions.map((image, place) => element('option', { value: place }, visible(image.name))))) : null;
  const scaleBar = sound.emissions.length ? element('span.scale', {}, 'posterior 0.01 ', element('canvas', { width: 96, height: 1, 'aria-hidden': 'true' }), ' 1') : null;

  /** From 1 % to 1, as levels run. */
  function paintScale() {
    const canvas = scaleBar?.querySelector('canvas');
    if (!canvas) return;
    const low = 255 * (1 + Math.log(0.01) / sound.emissions[chosen].depth);
    paint(canvas, { frames: 96, tokens: [0] }, Array.from({ length: 96 }, (_, k) => Math.round(low + (255 - low) * k / 95)));
  }

  const node = element('div.timeline', {},
    element('div.controls', {}, choice,
      sound.tracks.some(track => track.path.length) ? element('span', {}, 'Paths ', paths) : null, scaleBar, readout,
      element('span.zoom', { role: 'group', 'aria-label': 'Zoom' },
        element('button', { 'aria-label': 'zoom out', onclick: () => zoom(scale / 1.5) }, '−'),
        element('button', { onclick: fit }, 'fit'),
        element('button', { 'aria-label': 'zoom in', onclick: () => zoom(scale * 1.5) }, '+'))),
    lanes);
  showEmissions(0);
  paintScale();

  return {
    node, fit, slider, duration,
    paint() {
      showEmissions(chosen);
      paintScale();
    },
    show(seconds, { follow = false } = {}) {
      const left = heatLabelWidth() + seconds * scale;
      cursor.style.setProperty('--at', seconds);
      slider.setAttribute('aria-valuenow', seconds.toFixed(2));
      slider.setAttribute('aria-valuetext', time(seconds));
      if (follow && (left > lanes.scrollLeft + lanes.clientWidth - 20 || left < lanes.scrollLeft + heatLabelWidth())) {
        lanes.scrollLeft = left - heatLabelWidth() - 20;
      }
    },
  };

  function heatLabelWidth() { return lanes.firstChild.firstChild.offsetWidth; }
}
