'use strict';

// Elements and numbers. What comes out of data enters the page as text nodes, never as markup.

/** An element: element('td.number.best', { title: '…', onclick: f }, 'text', another, null, …). */
function element(what, attributes, ...children) {
  const [tag, ...classes] = what.split('.');
  return furnish(document.createElement(tag), classes, attributes, children);
}

/** The same in SVG. */
function shape(what, attributes, ...children) {
  const [tag, ...classes] = what.split('.');
  return furnish(document.createElementNS('http://www.w3.org/2000/svg', tag), classes, attributes, children);
}

/** Attributes that are null or false are left out, `on…` are listeners, `style` an object of properties. */
function furnish(node, classes, attributes, children) {
  if (classes.length) node.setAttribute('class', classes.join(' '));
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'style') for (const [key, text] of Object.entries(value)) node.style.setProperty(key, text);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== ''));
  return node;
}

const byId = id => document.getElementById(id);

/** Text with its invisible characters spelt out, so that none can hide or turn what stands around it. */
function visible(text) {
  return text.replace(/[\p{Cc}\u00AD\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/gu,
    character => `⟨U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`);
}

/** Right to left if the first letter with a direction is. */
function direction(text) {
  const first = text.match(/\p{L}/u);
  return first && /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC]/.test(first[0]) ? 'rtl' : 'ltr';
}

const none = '–';
const isNumber = value => typeof value === 'number';

const fixed = (value, decimals) => isNumber(value) ? value.toFixed(decimals).replace('-', '−') : none;
const whole = value => isNumber(value) ? value.toLocaleString('en') : none;
const percent = (rate, decimals = 2) => isNumber(rate) ? fixed(100 * rate, decimals) : none;
const signed = (value, decimals) => (value > 0 ? '+' : '') + fixed(value, decimals);
const interval = (range, decimals = 2) =>
  range ? `${percent(range[0], decimals)} … ${percent(range[1], decimals)}` : none;
const probability = p => !isNumber(p) ? none : p < 0.001 ? '< 0.001' : p.toFixed(3);
const plural = (count, one, many = one + 's') => `${whole(count)} ${count === 1 ? one : many}`;

/** At most three significant digits, none of them a needless zero. */
const short = value => String(Number(value.toPrecision(3))).replace('-', '−');

/** The bytes of a base64 text. */
const bytes = text => Uint8Array.from(atob(text), character => character.charCodeAt(0));

/** Round steps of 1, 2 or 5 times a power of ten, at most about `count` from `low` to `high`. */
function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find(factor => factor * power >= rough * 0.999) * power;
  const places = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) places.push(k * step);
  return { places, decimals: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}
