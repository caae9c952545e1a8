// Error rates over ranges of a quantity, a small chart each.

/** A sign for each system, so that lines are told apart without their colour: around (x, y). */
const signs = [
  (x, y) => `M${x - 4} ${y}a4 4 0 1 0 8 0a4 4 0 1 0-8 0z`,
  (x, y) => `M${x - 4} ${y - 4}h8v8h-8z`,
  (x, y) => `M${x} ${y - 5}l5 9h-10z`,
  (x, y) => `M${x} ${y - 5}l5 5l-5 5l-5-5z`,
  (x, y) => `M${x} ${y + 5}l5-9h-10z`,
  (x, y) => `M${x - 4} ${y - 4}l8 8M${x - 4} ${y + 4}l8-8`,
];

function trendChart(trend, index) {
  const size = { left: 40, right: 18, top: 12, width: 380, height: 210, bottom: 44 };
  const rates = trend.bins.flatMap(bin => bin.rates).filter(isNumber);
  const highest = 100 * Math.max(0.01, ...rates);
  const inner = { width: size.width - size.left - size.right, height: size.height - size.top - size.bottom };
  const step = inner.width / trend.bins.length;
  const { places, decimals } = ticks(0, highest, 4);
  const top = Math.max(highest, places.at(-1));
  const y = rate => size.top + inner.height * (1 - 100 * rate / top);
  // Lines that would hide each other stand a little apart.
  const x = (bin, system) => size.left + step * (bin + 0.5) + (system - (systems.length - 1) / 2) * Math.min(5, step / 12);
  const rangeText = range => `${short(range[0])} to ${short(range[1])}`;
  const said = (bin, system) => `${systems[system].name}, ${trend.quantity} ${rangeText(bin.range)} ${trend.unit}: `
    + `WER ${percent(bin.rates[system])} % over ${plural(bin.utterances[system], 'utterance')}`;
  const id = `trend-${index}`;
  const lines = systems.map((_, system) => {
    const points = trend.bins.map((bin, place) => ({ bin, x: x(place, system), rate: bin.rates[system] }))
      .filter(point => isNumber(point.rate));
    return shape(`g.system-${system % 6}`, {},
      shape('path.line', { d: points.map((point, k) => `${k ? 'L' : 'M'}${point.x} ${y(point.rate)}`).join('') }),
      points.map(point => shape('path.sign', { d: signs[system % 6](point.x, y(point.rate)) },
        shape('title', {}, visible(said(point.bin, system))))));
  });
  return element('figure', {},
    element('figcaption', {}, trend.quantity),
    shape('svg.chart', {
        viewBox: `0 0 ${size.width} ${size.height}`, role: 'img', 'aria-labelledby': `${id}-title ${id}-text`,
      },
      shape('title', { id: `${id}-title` }, `Word error rate against ${trend.quantity}`),
      shape('desc', { id: `${id}-text` },
        visible(trend.bins.flatMap(bin => systems.map((_, system) => said(bin, system))).join('; '))),
      places.map(place => [
        shape('line.grid', { x1: size.left, x2: size.width - size.right, y1: y(place / 100), y2: y(place / 100) }),
        shape('text.end', { x: size.left - 8, y: y(place / 100) + (place ? 4 : -1) }, place.toFixed(decimals)),
      ]),
      // Where ranges meet.
      [...trend.bins.map(bin => bin.range[0]), trend.bins.at(-1)?.range[1]].filter(isNumber).map((edge, place) => {
        const x = size.left + step * place;
        return [
          shape('line.grid', { x1: x, x2: x, y1: size.height - size.bottom, y2: size.height - size.bottom + 5 }),
          shape('text.middle', { x, y: size.height - size.bottom + 18 }, short(edge)),
        ];
      }),
      shape('text.middle', { x: size.left + inner.width / 2, y: size.height - 8 },
        trend.unit ? `${trend.quantity}, ${trend.unit}` : trend.quantity),
      lines));
}

function showTrends() {
  byId('trends-section').hidden = page.trends.length === 0;
  byId('trends').replaceChildren(
    element('p.note.legend', {}, 'WER in %. ', systems.map((_, system) => element('span', {},
      shape(`svg.key.system-${system % 6}`, { viewBox: '0 0 14 14', 'aria-hidden': 'true' },
        shape('path.sign', { d: signs[system % 6](7, 7) })), ' ', named(system)))),
    element('div.small-multiples', {}, page.trends.map(trendChart)));
}
