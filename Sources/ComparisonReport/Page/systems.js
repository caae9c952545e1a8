// The table of systems, their error rates as a chart, and the matrix of pairs.

function showSystems() {
  const lowest = Math.min(...systems.map(system => system.words.rate ?? Infinity));
  const columns = [
    ['WER %', '', s => percent(s.words.rate)],
    ['95 % interval', '', s => interval(s.interval)],
    ['Errors', 'word errors', s => whole(s.words.errors)],
    ['Sub', 'words substituted', s => whole(s.words.substitutions)],
    ['Del', 'words left out', s => whole(s.words.deletions)],
    ['Ins', 'words too many', s => whole(s.words.insertions)],
    ['Words', 'words of the references', s => whole(s.words.reference)],
    ['CER %', 'character error rate', s => percent(s.characters?.rate)],
    ['Wrong', 'utterances with an error', s => whole(s.wrong)],
    ['Oracle %', 'word error rate of the best of each n-best list', s => percent(s.oracle)],
    ['Seconds', 'spent on all utterances', s => isNumber(s.seconds) ? fixed(s.seconds, 1) : none],
    ['RTF', 'real time factor: seconds spent a second of audio', s => isNumber(s.rtf) ? short(s.rtf) : none],
  ];
  const rows = [...systems, ...(page.combination ? [page.combination] : [])];
  const used = columns.filter(([, , text]) => rows.some(row => text(row) !== none));
  const row = (system, index) => element('tr', {},
    element('th', { scope: 'row' }, index === null ? element('span.badge.joint', {}, '∑') : badge(index), ' ',
      visible(system.name), system.detail ? element('span.detail', {}, visible(system.detail)) : null),
    used.map(([title, , text]) =>
      element(title === 'WER %' && system.words.rate === lowest && index !== null ? 'td.number.best' : 'td.number',
        {}, text(system))));
  byId('systems').replaceChildren(
    element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, 'System'),
      used.map(([title, long]) => element('th.number', { scope: 'col' },
        long ? element('abbr', { title: long }, title) : title)))),
    element('tbody', {}, systems.map(row), page.combination ? row(page.combination, null) : null));
}

/** A dot each with its interval, and a diamond where the best of the n-best list would be. */
function showRates() {
  const rows = systems.map((system, index) => ({ ...system, index }));
  if (page.combination) rows.push({ ...page.combination, index: null });
  const values = rows.flatMap(row => [row.words.rate, ...(row.interval ?? []), row.oracle]).filter(isNumber);
  if (!values.length) return byId('rates').append('No words in the references, no rates.');
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = Math.max((high - low) * 0.08, 0.002);
  const axis = [Math.max(0, low - margin), high + margin];
  const size = { left: 190, right: 20, width: 600, row: 34, top: 8 };
  const bottom = size.top + rows.length * size.row;
  const x = rate => size.left + (rate - axis[0]) / (axis[1] - axis[0]) * (size.width - size.left - size.right);
  const { places, decimals } = ticks(100 * axis[0], 100 * axis[1], 6);
  const clipped = text => text.length > 25 ? text.slice(0, 24) + '…' : text;
  const said = rows.map(row => `${row.name}: ${percent(row.words.rate)} %`
    + (row.interval ? `, between ${percent(row.interval[0])} and ${percent(row.interval[1])}` : '')
    + (isNumber(row.oracle) ? `, oracle ${percent(row.oracle)}` : ''));
  byId('rates').append(shape('svg.chart', {
      viewBox: `0 0 ${size.width} ${bottom + 40}`, role: 'img', 'aria-labelledby': 'rates-title rates-text',
    },
    shape('title', { id: 'rates-title' }, 'Word error rates with 95 % intervals'),
    shape('desc', { id: 'rates-text' }, visible(said.join('; '))),
    places.map(place => [
      shape('line.grid', { x1: x(place / 100), x2: x(place / 100), y1: size.top, y2: bottom }),
      shape('text.middle', { x: x(place / 100), y: bottom + 16 }, place.toFixed(decimals)),
    ]),
    shape('text.middle', { x: (size.left + size.width - size.right) / 2, y: bottom + 34 },
      rows.some(row => isNumber(row.oracle)) ? 'WER, %  (◇ best of the n-best list)' : 'WER, %'),
    rows.map((row, place) => {
      const y = size.top + (place + 0.5) * size.row;
      return shape(row.index === null ? 'g.joint' : `g.system-${row.index % 6}`, {},
        shape('title', {}, visible(said[place])),
        shape('text.strong', { x: 4, y: y + 4 }, row.index === null ? '∑' : letter(row.index)),
        shape('text', { x: 24, y: y + 4 }, clipped(visible(row.name))),
        row.interval ? shape('path.whisker', {
          d: `M${x(row.interval[0])} ${y}H${x(row.interval[1])}`
            + row.interval.map(end => `M${x(end)} ${y - 6}v12`).join(''),
        }) : null,
        isNumber(row.oracle) ? shape('path.oracle', { d: `M${x(row.oracle)} ${y - 5}l5 5l-5 5l-5-5z` }) : null,
        isNumber(row.words.rate) ? shape('circle.dot', { cx: x(row.words.rate), cy: y, r: 5.5 }) : null);
    })));
}

/** The same pair seen from its other end. */
const reversed = pair => ({
  ...pair, a: pair.b, b: pair.a, difference: isNumber(pair.difference) ? -pair.difference : null,
  interval: pair.interval && [-pair.interval[1], -pair.interval[0]], wins: pair.losses, losses: pair.wins,
});

function showPairs() {
  const find = (a, b) => {
    const same = pairs.find(pair => pair.a === a && pair.b === b);
    const other = pairs.find(pair => pair.a === b && pair.b === a);
    return same ?? (other && reversed(other));
  };
  const significance = pair => {
    const p = [pair.mapsswe_p, pair.bootstrap_p].filter(isNumber);
    const below = p.filter(value => value < 0.05).length;
    return below === 0 ? '' : below === p.length ? '★' : '☆';
  };
  const cellOf = (a, b) => {
    const pair = a === b ? null : find(a, b);
    if (!pair) return element('td.self', {}, a === b ? '' : none);
    const star = significance(pair);
    const kind = star !== '★' || !pair.difference ? '' : pair.difference < 0 ? '.better' : '.worse';
    return element(`td.pair${kind}`, {},
      element('button.plain', {
        title: 'show what differs',
        onclick: () => choosePair(pairs.findIndex(one => one.a === Math.min(a, b) && one.b === Math.max(a, b)
          || one.b === Math.min(a, b) && one.a === Math.max(a, b)), { scroll: true }),
      }, element('b', {}, isNumber(pair.difference) ? signed(100 * pair.difference, 2) : none),
      star ? ` ${star} ${pair.difference < 0 ? 'better' : 'worse'}` : ''),
      element('div', {}, interval(pair.interval)),
      element('div', {}, `p ${probability(pair.mapsswe_p)} · ${probability(pair.bootstrap_p)}`),
      element('div', {}, `${whole(pair.wins)} won, ${whole(pair.losses)} lost, ${whole(pair.ties)} tied`));
  };
  byId('pairs').replaceChildren(
    element('thead', {}, element('tr', {}, element('td', {}),
      systems.map((_, b) => element('th', { scope: 'col' }, named(b))))),
    element('tbody', {}, systems.map((_, a) => element('tr', {}, element('th', { scope: 'row' }, named(a)),
      systems.map((_, b) => cellOf(a, b))))));
  byId('pairs-note').append(
    'The row’s WER less the column’s, in percentage points, and its 95 % interval; p of MAPSSWE · p of the '
    + 'bootstrap, two-tailed; utterances. ★ both p are below 0.05, ☆ one is.'
    + (systems.length > 2 ? ' Both are corrected for the number of pairs (Holm).' : ''));
}
