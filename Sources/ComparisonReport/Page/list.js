// The utterances: sorted, filtered, a hundred at a time as one scrolls.

const batch = 100;
const sorting = { key: 'difference', descending: true };
let shown = [];
let laid = 0;
let current = 0;
const rows = new Map();

const difference = utterance =>
  pair ? utterance.readings[pair.a].errors - utterance.readings[pair.b].errors : null;
const confidence = utterance => {
  const values = utterance.readings.map(reading => reading.confidence).filter(isNumber);
  return values.length ? Math.min(...values) : null;
};
const natural = new Intl.Collator('en', { numeric: true }).compare;

/** The columns: what they are called, what they sort by, and what stands in them. */
const columns = () => [
  { key: 'id', title: 'Id', value: u => u.id, text: u => visible(u.id) },
  utterances.some(u => u.speaker !== null)
    && { key: 'speaker', title: 'Speaker', value: u => u.speaker, text: u => u.speaker === null ? none : visible(u.speaker) },
  utterances.some(u => isNumber(u.seconds))
    && { key: 'seconds', title: 'Sec', long: 'duration, seconds', value: u => u.seconds, text: u => fixed(u.seconds, 1) },
  ...systems.map((system, index) => ({
    key: `errors-${index}`, title: letter(index), long: `word errors of ${visible(system.name)}`, system: index,
    value: u => u.readings[index].errors, text: u => whole(u.readings[index].errors),
  })),
  pair && {
    key: 'difference', title: `${letter(pair.a)} − ${letter(pair.b)}`, long: 'difference of word errors',
    value: difference, text: u => signed(difference(u), 0),
  },
  utterances.some(u => confidence(u) !== null)
    && { key: 'confidence', title: 'Conf', long: 'lowest confidence of any system', value: confidence, text: u => fixed(confidence(u), 2) },
].filter(Boolean);

function sortBy(key) {
  sorting.descending = sorting.key === key ? !sorting.descending : key !== 'id' && key !== 'speaker' && key !== 'confidence';
  sorting.key = key;
  showList();
  byId('list').querySelector(`[data-key="${key}"] button`).focus();
}

const haystacks = [];
function haystack(index) {
  const utterance = utterances[index];
  return haystacks[index] ??= [utterance.id, utterance.reference.join(' '),
    ...systems.map((_, system) => hypothesis(utterance, system))].join('\n').toLowerCase();
}

function selection() {
  const query = byId('query').value.trim().toLowerCase();
  const speaker = byId('speaker').value;
  const [differing, erring] = [byId('differing').checked && pair, byId('erring').checked];
  const list = utterances.map((_, index) => index).filter(index => {
    const utterance = utterances[index];
    return (!speaker || utterance.speaker === speaker.slice(1))
      && (!differing || differs(utterance, pair))
      && (!erring || utterance.readings.some(reading => reading.errors > 0))
      && (!query || haystack(index).includes(query));
  });
  const column = columns().find(column => column.key === sorting.key) ?? columns()[0];
  const values = utterances.map(column.value);
  const sign = sorting.descending ? -1 : 1;
  return list.sort((i, j) => {
    const [a, b] = [values[i], values[j]];
    // What has no value comes last either way.
    if (a === null || b === null) return (a === null) - (b === null) || i - j;
    return sign * (isNumber(a) ? a - b : natural(a, b)) || i - j;
  });
}

function row(index, place) {
  if (!rows.has(index)) {
    const utterance = utterances[index];
    rows.set(index, element('div.row', {
        role: 'row', tabindex: -1, 'data-index': index,
        onclick: () => { if (getSelection().isCollapsed) openDetail(index); },
      },
      columns().map(column => element(`span.cell.${column.key.split('-')[0]}`, { role: 'gridcell' }, column.text(utterance))),
      element('div.cell.said', { role: 'gridcell' },
        element('span.hidden', {}, description(utterance)), interlinear(utterance))));
  }
  const node = rows.get(index);
  node.setAttribute('aria-rowindex', place + 2);
  node.classList.toggle('sounding', soundElement(index) !== null);
  return node;
}

/** Room for the longest of the texts, up to where they break. */
const widthOf = (text, least) =>
  `${Math.min(11, Math.max(least, 1.5 + 0.56 * Math.max(...utterances.map(u => (text(u) ?? '').length))))}rem`;

/** Sorts and filters anew, from the top. */
function showList() {
  rows.clear();
  refreshList();
}

/** The same with rows that still stand. */
function refreshList() {
  rowAt(current)?.setAttribute('tabindex', -1);
  shown = selection();
  laid = 0;
  current = 0;
  const used = columns();
  const list = byId('list');
  list.style.setProperty('--columns', used.map(column =>
    ({ id: widthOf(u => u.id, 6), speaker: widthOf(u => u.speaker, 5), difference: '3.8rem' })[column.key] ?? '2.9rem').join(' '));
  list.style.setProperty('--count', used.length);
  list.setAttribute('aria-rowcount', shown.length + 1);
  list.replaceChildren(
    element('div.row.head', { role: 'row', 'aria-rowindex': 1 },
      used.map(column => {
        const active = column.key === sorting.key;
        return element(`span.cell.${column.key.split('-')[0]}`, {
            role: 'columnheader', 'data-key': column.key,
            'aria-sort': !active ? 'none' : sorting.descending ? 'descending' : 'ascending',
          }, element('button.plain', { title: column.long ?? null, onclick: () => sortBy(column.key) },
            column.system === undefined ? column.title : badge(column.system),
            element('span.arrow', { 'aria-hidden': 'true' }, !active ? '' : sorting.descending ? '▼' : '▲')));
      }),
      element('span.cell.said', { role: 'columnheader' }, 'Reference and what differs')),
    element('div.end', { id: 'end', 'aria-hidden': 'true' }));
  byId('count').textContent = shown.length === utterances.length
    ? plural(utterances.length, 'utterance') : `${whole(shown.length)} of ${plural(utterances.length, 'utterance')}`;
  byId('differing-label').textContent =
    pair ? `only where ${letter(pair.a)} and ${letter(pair.b)} differ` : 'only where they differ';
  if (!shown.length) byId('end').before(element('p.note', {}, 'No utterance is like that.'));
  layMore();
  watch.disconnect();
  watch.observe(byId('end'));
}

function layMore(until = laid + batch) {
  const to = Math.min(until, shown.length);
  byId('end').before(...shown.slice(laid, to).map((index, place) => row(index, laid + place)));
  laid = to;
  rowAt(current)?.setAttribute('tabindex', 0);
}

const watch = new IntersectionObserver(entries => {
  if (!entries.at(-1).isIntersecting || laid === shown.length) return;
  layMore();
  // Only a change is reported: if the end is still near, ask again.
  watch.unobserve(byId('end'));
  watch.observe(byId('end'));
}, { rootMargin: '1500px' });

const rowAt = place => rows.get(shown[place]);

/** Gives a row the focus; only one row can be reached by the tab key. */
function moveTo(place) {
  if (!shown.length) return;
  const to = Math.max(0, Math.min(place, shown.length - 1));
  if (to >= laid) layMore(to + batch);
  rowAt(current)?.setAttribute('tabindex', -1);
  current = to;
  rowAt(current).setAttribute('tabindex', 0);
  rowAt(current).focus();
}

function prepareList() {
  const speakers = [...new Set(utterances.map(u => u.speaker).filter(speaker => speaker !== null))].sort(natural);
  byId('speaker-field').hidden = speakers.length < 2;
  // An equals sign before each, so that an empty name is not "all".
  byId('speaker').replaceChildren(element('option', { value: '' }, 'all'),
    ...speakers.map(speaker => element('option', { value: `=${speaker}` }, visible(speaker))));
  byId('legend').append(
    element('span', {}, element('span.match', {}, '·'), ' as in the reference'),
    element('span', {}, element('ins.substitution', {}, 'word'), ' in place of the reference’s'),
    element('span', {}, element('del', {}, 'word'), ' left out'),
    element('span', {}, element('ins.insertion', {}, 'word'), ' too many'));
  // The head of the list stays below the filters, however many lines they take.
  new ResizeObserver(() => byId('list').style.setProperty('--top', `${byId('filters').offsetHeight}px`)).observe(byId('filters'));
  byId('filters').addEventListener('submit', event => event.preventDefault());
  byId('filters').addEventListener('input', refreshList);
  byId('query').addEventListener('keydown', event => {
    if (event.key === 'Enter' || event.key === 'ArrowDown') {
      event.preventDefault();
      moveTo(0);
    }
  });
  byId('list').addEventListener('keydown', event => {
    if (!event.target.classList.contains('row') || event.ctrlKey || event.altKey || event.metaKey) return;
    const moves = {
      ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity,
    };
    if (event.key in moves) moveTo(current + moves[event.key]);
    else if (event.key === 'Enter') openDetail(shown[current]);
    else return;
    event.preventDefault();
  });
  byId('list').addEventListener('focusin', event => {
    const place = shown.indexOf(Number(event.target.dataset.index ?? NaN));
    if (place < 0 || place === current) return;
    rowAt(current)?.setAttribute('tabindex', -1);
    current = place;
    event.target.setAttribute('tabindex', 0);
  });
  document.addEventListener('keydown', event => {
    if (byId('detail').open || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === '/' && !event.target.matches('input, select')) {
      event.preventDefault();
      byId('query').focus();
      byId('query').select();
    } else if ((event.key === 'j' || event.key === 'k') && event.target === document.body) {
      moveTo(current);
    }
  });
}

/** Once the whole page is read. */
function showSounds() {
  const element = byId('sounds');
  const { utterances: carried, bytes: size } = JSON.parse(element?.textContent ?? '{"utterances":[],"bytes":0}');
  const megabytes = `${(size / 1e6).toFixed(1)} MB of this page`;
  byId('sound-note').textContent = carried.length === 0 ? 'No utterance carries its sound.'
    : carried.length === utterances.length ? `All carry their sound and emissions (♪), ${megabytes}.`
      : `${plural(carried.length, 'utterance')} of ${whole(utterances.length)} carry their sound and emissions (♪), `
        + `${megabytes}: those on which the systems differ most.`;
  for (const [index, node] of rows) node.classList.toggle('sounding', soundElement(index) !== null);
}
