// What one system of the chosen pair fixes and what it breaks.

let pair = pairs[0] ?? null;

function choosePair(place, { scroll = false } = {}) {
  pair = pairs[place] ?? null;
  byId('pair').value = String(place);
  showDifferences();
  showList();
  if (scroll) byId('differences-section').scrollIntoView();
}

function showPairChoice() {
  byId('differences-section').hidden = !pair;
  byId('pair').replaceChildren(...pairs.map(({ a, b }, place) => element('option', { value: place },
    `${letter(a)} ${visible(systems[a].name)} to ${letter(b)} ${visible(systems[b].name)}`)));
  byId('pair').addEventListener('change', event => choosePair(Number(event.target.value)));
}

function showDifferences() {
  if (!pair) return;
  const { a, b } = pair;
  const errors = utterance => utterance.readings[a].errors - utterance.readings[b].errors;
  const order = utterances.map((_, index) => index).filter(index => errors(utterances[index]) !== 0);
  const most = sign => order.filter(index => sign * errors(utterances[index]) > 0)
    .sort((i, j) => sign * (errors(utterances[j]) - errors(utterances[i]))).slice(0, 8);
  byId('differences').replaceChildren(
    confusions(`${letter(b)} fixes`, `errors of ${letter(a)} where ${letter(b)} is right`, confusion => confusion[2]),
    confusions(`${letter(b)} breaks`, `errors of ${letter(b)} where ${letter(a)} is right`, confusion => confusion[3]),
    recalls(),
    changed('Largest gains', `fewer errors in ${letter(b)}`, most(1)),
    changed('Largest losses', `more errors in ${letter(b)}`, most(-1)));
}

const panel = (title, note, table) => element('section.panel', {}, element('h3', {}, title),
  element('p.note', {}, note), table ? element('div.tall', { tabindex: 0, role: 'group', 'aria-label': title }, table) : element('p', {}, 'None.'));

const heads = (...titles) => element('thead', {}, element('tr', {},
  titles.map(title => element(title.startsWith('#') ? 'th.number' : 'th', { scope: 'col' }, title.replace('#', '')))));

function confusions(title, note, count) {
  const list = pair.confusions.filter(confusion => count(confusion) > 0)
    .sort((one, other) => count(other) - count(one)).slice(0, 50);
  const word = (text, kind) => text === null ? element('span.faint', {}, kind) : element('bdi', {}, visible(text));
  return panel(title, note, list.length ? element('table', {}, heads('Reference', 'Heard', '#×'),
    element('tbody', {}, list.map(confusion => element('tr', {},
      element('td', {}, word(confusion[0], '(nothing)')),
      element('td', {}, confusion[1] === null ? element('span.faint', {}, '(left out)')
        : element(confusion[0] === null ? 'ins.insertion' : 'ins.substitution', {}, visible(confusion[1]))),
      element('td.number', {}, whole(count(confusion))))))) : null);
}

function recalls() {
  const { a, b } = pair;
  return panel('Recall changed', 'how often each word is found', pair.recalls.length ? element('table', {},
    heads('Word', `#${letter(a)}`, '#', `#${letter(b)}`, '#of'),
    element('tbody', {}, pair.recalls.slice(0, 50).map(([word, occurrences, inA, inB]) => element('tr', {},
      element('td', {}, element('bdi', {}, visible(word))), element('td.number', {}, whole(inA)),
      element('td.number', {}, inB > inA ? '▲' : '▼'),
      element('td.number', {}, whole(inB)), element('td.number', {}, whole(occurrences)))))) : null);
}

function changed(title, note, list) {
  const { a, b } = pair;
  return panel(title, note, list.length ? element('table', {},
    heads('Utterance', `#${letter(a)}`, '#', `#${letter(b)}`),
    element('tbody', {}, list.map(index => {
      const { id, reference, readings } = utterances[index];
      return element('tr', {},
        element('td', {}, element('button.plain.link', { onclick: () => openDetail(index) }, visible(id)),
          element('span.snippet', { dir: 'auto' }, visible(reference.join(' ')))),
        element('td.number', {}, readings[a].errors), element('td.number', {}, '→'),
        element('td.number', {}, readings[b].errors));
    }))) : null);
}
