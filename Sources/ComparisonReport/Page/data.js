// What the page was given; what the short forms mean stands beside their writer.

const page = JSON.parse(byId('comparison').textContent);
const { systems, utterances, pairs } = page;

/** A, B, C, …, then 27, 28, … */
const letter = system => system < 26 ? String.fromCharCode(65 + system) : String(system + 1);

/** A system's mark: its letter, on its colour. */
const badge = system =>
  element(`span.badge.system-${system % 6}`, { title: visible(systems[system].name) }, letter(system));

const named = system => [badge(system), ' ', visible(systems[system].name)];

/** The alignment of a reading: for each word of the reference what stands there, and what is inserted before
 *  it; `inserted` has one place more than there are words. */
function aligned(utterance, system) {
  const words = [];
  const inserted = [[]];
  for (const step of utterance.readings[system].words) {
    if (Array.isArray(step)) {
      inserted.at(-1).push(step[0]);
      continue;
    }
    for (let count = isNumber(step) ? step : 1; count > 0; count--) {
      const reference = utterance.reference[words.length];
      words.push(isNumber(step) ? { kind: 'match', text: reference }
        : step === null ? { kind: 'deletion', text: reference } : { kind: 'substitution', text: step });
      inserted.push([]);
    }
  }
  return { words, inserted };
}

/** The words of a reading, in order. */
function hypothesis(utterance, system) {
  const { words, inserted } = aligned(utterance, system);
  return inserted.flatMap((extra, place) =>
    [...extra, ...(words[place] && words[place].kind !== 'deletion' ? [words[place].text] : [])]).join(' ');
}

const differs = (utterance, pair) =>
  JSON.stringify(utterance.readings[pair.a].words) !== JSON.stringify(utterance.readings[pair.b].words);

/** The element that holds an utterance's sound, once it has been read and if there is one. */
const soundElement = index => byId(`u${index}`);

// Alignments as they are shown.

/** A word as one system has it, under the reference's; a match is a dot where the reference stands above. */
function cell(word, system, full) {
  const mark = `system-${system % 6}`;
  switch (word?.kind) {
    case undefined: return element('span', {}, '\u00A0');
    case 'match': return element(`span.match.${mark}`, {}, full ? visible(word.text) : '·');
    case 'substitution': return element(`ins.substitution.${mark}`, {}, visible(word.text));
    case 'deletion': return element(`del.${mark}`, {}, visible(word.text));
    case 'insertion': return element(`ins.insertion.${mark}`, {}, visible(word.text));
  }
}

/** The reference with each system's words below it, in columns that run on over lines. */
function interlinear(utterance, { full = false } = {}) {
  const readings = systems.map((_, system) => aligned(utterance, system));
  const column = (reference, words) => element('span.column', {},
    element('span', {}, reference === null ? '\u00A0' : visible(reference)),
    words.map((word, system) => cell(word, system, full)));
  const columns = [];
  for (let place = 0; place <= utterance.reference.length; place++) {
    const most = Math.max(...readings.map(reading => reading.inserted[place].length));
    for (let extra = 0; extra < most; extra++) {
      columns.push(column(null, readings.map(reading => {
        const text = reading.inserted[place][extra];
        return text === undefined ? undefined : { kind: 'insertion', text };
      })));
    }
    if (place < utterance.reference.length) {
      columns.push(column(utterance.reference[place], readings.map(reading => reading.words[place])));
    }
  }
  const marks = element('span.column.marks', {},
    element('span', {}, 'ref'), systems.map((_, system) => badge(system)));
  return element('div.interlinear', { dir: direction(utterance.reference.join(' ')), 'aria-hidden': 'true' },
    marks, columns);
}

/** The same for who cannot see it: what each system has instead. */
function description(utterance) {
  const parts = systems.map((_, system) => {
    const { words, inserted } = aligned(utterance, system);
    const errors = [];
    for (let place = 0; place < inserted.length; place++) {
      for (const text of inserted[place]) errors.push(`adds “${visible(text)}”`);
      const word = words[place];
      if (word?.kind === 'deletion') errors.push(`leaves out “${visible(word.text)}”`);
      if (word?.kind === 'substitution') {
        errors.push(`says “${visible(word.text)}” for “${visible(utterance.reference[place])}”`);
      }
    }
    return `${letter(system)} ${errors.join(', ') || 'is right'}`;
  });
  return `${visible(utterance.reference.join(' ')) || 'no words'}. ${parts.join('. ')}.`;
}
