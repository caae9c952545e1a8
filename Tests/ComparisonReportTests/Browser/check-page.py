#!/usr/bin/env python3
"""Clicks through a page of `warbler compare --html` in headless Chromium and checks what is shown.

check-page.py full|hostile|bare PAGE.html [PICTURES]

`full` wants the page of three systems that the tests make, `hostile` the one whose texts try to get out of their
places, `bare` the one without all that may be left out. PICTURES is a directory for screenshots.
"""

import json
import os
import re
import sys
import time

sys.dont_write_bytecode = True
from chromium import Browser  # noqa: E402

FIRST_VIEW_SECONDS = 1.5
# The heat map's, out of a copy: reading from a canvas changes how the browser keeps it.
PIXELS = """(canvas => {
    const copy = document.createElement('canvas');
    [copy.width, copy.height] = [canvas.width, canvas.height];
    const context = copy.getContext('2d', { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    return context.getImageData(0, 0, copy.width, copy.height);
})(document.querySelector('.heat canvas'))"""
# How light its most frequent pixel is.
HEAT_GROUND = f"(data => data.filter((_, k) => k % 4 === 0).sort()[data.length / 8 | 0])({PIXELS}.data)"
READY = "document.documentElement?.dataset.ready == 'all'"


def check(found, expected, what):
    if found != expected:
        raise AssertionError(f"{what}: {found!r}, expected {expected!r}")


def holds(condition, what):
    if not condition:
        raise AssertionError(what)


def block(html, name):
    """What an element of data holds, read without the page's help."""
    found = re.search(f'<script type="application/json" id="{name}">(.*?)</script>', html, re.DOTALL)
    return json.loads(found.group(1)) if found else None


def words(utterance, system):
    """The steps of an alignment as (sign, word), as the page should show them."""
    steps, place = [], 0
    for step in utterance["readings"][system]["words"]:
        if isinstance(step, list):
            steps.append(("+", step[0]))
            continue
        for _ in range(step if isinstance(step, int) else 1):
            reference = utterance["reference"][place]
            steps.append(("=", reference) if isinstance(step, int) else ("-", reference) if step is None else ("~", step))
            place += 1
    return steps


def hypothesis(utterance, system):
    return " ".join(word for sign, word in words(utterance, system) if sign != "-")


class Visit:
    def __init__(self, browser, path, pictures):
        self.browser, self.pictures = browser, pictures
        self.address = "file://" + os.path.abspath(path)
        with open(path, encoding="utf-8") as file:
            self.html = file.read()
        self.data = block(self.html, "comparison")
        self.utterances = self.data["utterances"]
        self.ids = [utterance["id"] for utterance in self.utterances]

    def picture(self, name):
        if self.pictures:
            self.browser.screenshot(os.path.join(self.pictures, name + ".png"))

    def sound(self, identifier):
        return block(self.html, f"u{self.ids.index(identifier)}")

    def rows(self, count=100):
        return self.browser.value(f"[...document.querySelectorAll('#list .row[data-index]')].slice(0, {count})"
                                  ".map(row => page.utterances[row.dataset.index].id)")

    def expect(self, chosen, what):
        """Which utterances are listed, from the top, and the count that is announced."""
        check(self.rows(), [utterance["id"] for utterance in chosen[:100]], what)
        everything = len(chosen) == len(self.utterances)
        total = f"{len(self.utterances):,} utterances"
        check(self.browser.text("#count"), total if everything else f"{len(chosen):,} of {total}", f"{what}, counted")

    # The full page, in the order of a visit.

    def first_view_is_quick(self):
        times = []
        for _ in range(3):
            self.browser.open(self.address, READY)
            times.append(self.browser.value("""(() => {
                const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity;
                return Math.max(paint, performance.getEntriesByName('first view')[0].startTime) / 1000;
            })()"""))
        print(f"{len(self.html) / 1e6:.1f} MB, {len(self.utterances)} utterances, first view after "
              + ", ".join(f"{seconds:.2f}" for seconds in times) + " s")
        holds(min(times) < FIRST_VIEW_SECONDS, f"the first view takes {times} s, more than {FIRST_VIEW_SECONDS}")
        check(len(self.rows(1000)) >= 100, True, "rows of the list are part of the first view")

    def figures_are_those_given(self):
        for place, system in enumerate(self.data["systems"]):
            row = self.browser.texts(f"#systems tbody tr:nth-child({place + 1}) > *")
            holds(system["name"] in row[0], f"{system['name']} stands in {row}")
            check(row[1], f"{100 * system['words']['rate']:.2f}", "WER in the table")
            check(row[2], " … ".join(f"{100 * end:.2f}" for end in system["interval"]), "its interval")
        shapes = self.browser.value("""[...document.querySelectorAll('#rates svg > g')].map(g => {
            const [dot, whisker] = ['.dot', '.whisker'].map(name => g.querySelector(name).getBoundingClientRect());
            return [whisker.left, dot.left + dot.width / 2, whisker.right];
        })""")
        rates = [(*system["interval"], system["words"]["rate"]) for system in self.data["systems"]]
        check(len(shapes), len(rates) + 1, "rows of the chart, with the combination")
        # The axis is linear: two points settle it, all others must lie on it.
        scale = (shapes[0][1] - shapes[2][1]) / (rates[0][2] - rates[2][2])
        for (left, middle, right), (low, high, rate) in zip(shapes, rates):
            for seen, value in ((left, low), (middle, rate), (right, high)):
                expected = shapes[2][1] + scale * (value - rates[2][2])
                holds(abs(seen - expected) < 2.5, f"{value} is drawn at {seen:.1f}, not {expected:.1f}")
        described = self.browser.value("document.querySelector('#rates desc').textContent")
        holds(f"{100 * rates[1][2]:.2f} %" in described, f"the chart's description: {described}")
        check(self.browser.value("""[...document.querySelectorAll('svg.chart')].flatMap(chart => {
            const texts = [...chart.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()]);
            return texts.flatMap(([a, p], i) => texts.slice(i + 1).filter(([, q]) =>
                p.left < q.right && q.left < p.right && p.top < q.bottom && q.top < p.bottom).map(([b]) => `${a} | ${b}`));
        })"""), [], "labels of charts that overlap")
        cells = self.browser.texts("#pairs td.pair")
        check(len(cells), 6, "cells of the matrix")
        pair = self.data["pairs"][0]
        difference = 100 * pair["difference"]
        holds(cells[0].startswith(f"{difference:+.2f} ★ worse"), f"the first pair reads {cells[0]!r}")
        mirrored = self.browser.text("#pairs tbody tr:nth-child(2) td.pair")
        holds(mirrored.startswith(f"{-difference:+.2f} ★ better".replace("-", "−")), f"its mirror reads {mirrored!r}")
        holds(f"{pair['losses']:,} won, {pair['wins']:,} lost, {pair['ties']:,} tied" in mirrored, f"its mirror reads {mirrored!r}")
        check(len(self.browser.texts("#trends figure svg")), 4, "charts of errors against something")

    def list_sorts(self):
        pair = self.data["pairs"][0]
        difference = lambda u: u["readings"][pair["a"]]["errors"] - u["readings"][pair["b"]]["errors"]
        self.expect(sorted(self.utterances, key=lambda u: -difference(u)), "at first the largest gains are above")
        number = lambda u: int(u["id"].split("-")[1])
        orders = [
            ("id", number, False), ("id", number, True), ("errors-0", lambda u: u["readings"][0]["errors"], True),
            ("errors-2", lambda u: u["readings"][2]["errors"], True), ("seconds", lambda u: u["seconds"], True),
            ("seconds", lambda u: u["seconds"], False),
            ("confidence", lambda u: min(r["confidence"] for r in u["readings"]), False),
            ("difference", difference, True), ("difference", difference, False),
        ]
        for column, key, descending in orders:
            self.browser.click(f'[data-key="{column}"] button')
            self.expect(sorted(self.utterances, key=key, reverse=False) if not descending else
                        sorted(self.utterances, key=lambda u: -key(u)), f"by {column}")
            sorts = self.browser.value("[...document.querySelectorAll('[aria-sort]')].map(e => [e.dataset.key, e.ariaSort])")
            check([name for name in sorts if name[1] != "none"],
                  [[column, "descending" if descending else "ascending"]], "the sorted column is announced")
        self.browser.choose("#pair", "1")
        other = self.data["pairs"][1]
        self.expect(sorted(self.utterances, key=lambda u: u["readings"][other["a"]]["errors"]
                           - u["readings"][other["b"]]["errors"]), "by the difference of another pair")
        self.browser.choose("#pair", "0")
        self.browser.click('[data-key="difference"] button')

    def list_shows_alignments(self):
        for place in (0, 1):
            row = f"document.querySelectorAll('#list .row[data-index]')[{place}]"
            utterance = self.utterances[int(self.browser.value(f"{row}.dataset.index"))]
            columns = self.browser.value(f"""[...{row}.querySelectorAll('.column:not(.marks)')].map(column =>
                [...column.children].map(cell => [cell.matches('ins.insertion') ? '+' : cell.matches('ins') ? '~'
                    : cell.matches('del') ? '-' : cell.matches('.match') ? '=' : '', cell.textContent]))""")
            check([column[0][1] for column in columns if column[0][1] != "\u00a0"], utterance["reference"], "the reference")
            for system in range(3):
                shown = [(sign, column[0][1] if sign == "=" else text)
                         for column in columns for sign, text in [column[system + 1]] if sign]
                check(shown, words(utterance, system), f"alignment {system} of {utterance['id']}")

    def list_filters(self):
        by_difference = lambda chosen: sorted(chosen, key=lambda u: u["readings"][1]["errors"] - u["readings"][0]["errors"])
        text = lambda u: "\n".join([u["id"], " ".join(u["reference"])] + [hypothesis(u, s) for s in range(3)]).lower()
        self.browser.value("document.body.focus()")
        self.browser.key("/")
        check(self.browser.value("document.activeElement.id"), "query", "a slash leads to the filter")
        self.browser.type("the w")
        found = by_difference([u for u in self.utterances if "the w" in text(u)])
        holds(0 < len(found) < len(self.utterances), "the words filter something")
        self.expect(found, "filtered by words")
        self.browser.value("byId('query').value = ''")
        self.browser.type("TEST-77")
        self.expect(by_difference([u for u in self.utterances if "test-77" in text(u)]), "filtered by id")
        self.browser.type(" nothing has this")
        self.expect([], "filtered by what there is not")
        self.browser.value("byId('query').value = ''; byId('query').dispatchEvent(new Event('input', { bubbles: true }))")
        self.browser.click("#differing")
        differing = [u for u in self.utterances if u["readings"][0]["words"] != u["readings"][1]["words"]]
        self.expect(by_difference(differing), "only where A and B differ")
        self.browser.click("#differing")
        self.browser.click("#erring")
        erring = [u for u in self.utterances if any(reading["errors"] for reading in u["readings"])]
        self.expect(by_difference(erring), "only with errors")
        self.browser.choose("#speaker", "=ben")
        self.expect(by_difference([u for u in erring if u["speaker"] == "ben"]), "only ben's errors")
        self.browser.choose("#speaker", "")
        self.browser.click("#erring")
        self.expect(by_difference(self.utterances), "no filter")

    def list_grows(self):
        self.browser.value("document.querySelector('#list .row[data-index]').focus()")
        self.browser.key("End")
        last = sorted(self.utterances, key=lambda u: u["readings"][1]["errors"] - u["readings"][0]["errors"])[-1]
        check(self.browser.value("page.utterances[document.activeElement.dataset.index].id"), last["id"], "the end of the list")
        check(len(self.rows(10**6)), len(self.utterances), "rows once the end was asked for")
        self.browser.key("Home")

    def utterance_opens(self):
        browser = self.browser
        start = self.rows(3)
        browser.value("document.activeElement.blur()")
        browser.key("j")
        check(browser.value("page.utterances[document.activeElement.dataset.index].id"), start[0], "j leads into the list")
        browser.key("j")
        browser.key("ArrowDown")
        browser.key("k")
        check(browser.value("page.utterances[document.activeElement.dataset.index].id"), start[1], "down, down and up")
        check(browser.value("document.querySelectorAll('#list .row[tabindex=\"0\"]').length"), 1, "rows that the tab key reaches")
        top, head = browser.value("[document.activeElement, document.querySelector('.row.head')].map(e => e.getBoundingClientRect()).map((b, k) => k ? b.bottom : b.top)")
        holds(top >= head - 1, f"the row with the focus begins at {top}, below the head that ends at {head}")
        browser.key("Enter")
        browser.wait("byId('detail').open")
        check(browser.text("#detail-title"), start[1], "the opened utterance")
        holds("♪" in browser.value("getComputedStyle(document.querySelectorAll('#list .row[data-index]')[1].querySelector('.id'), '::after').content"),
              "an utterance with sound is marked")
        self.opened = start[1]

    def emissions_are_drawn(self):
        sound = self.sound(self.opened)
        blank = self.data["vocabularies"][0]["blank"]
        tokens = self.data["vocabularies"][0]["tokens"]
        for place, readers in ((0, [0, 1]), (1, [2])):
            self.browser.choose("#emissions", str(place))
            image = sound["emissions"][place]
            labels = self.browser.texts(".emissions .label span")
            check(labels, ["blank" if t == blank else tokens[t] for t in image["tokens"]], "the vocabulary at the axis")
            check(self.browser.value("(c => [c.width, c.height])(document.querySelector('.heat canvas'))"),
                  [image["frames"], len(image["tokens"])], "a pixel for each frame and token")
            box = self.browser.value("(b => [b.width, b.height])(document.querySelector('.heat canvas').getBoundingClientRect())")
            holds(box[0] > 400 and box[1] >= 15 * len(image["tokens"]) - 1, f"the heat map is {box} in size")
            for system in readers:
                self.path_is_on_ridge(sound["tracks"][system], image, system, blank)
            check(sorted(self.browser.value("[...document.querySelectorAll('.heat .path')].map(g => Number(g.dataset.system))")),
                  readers, "paths over these emissions")
        self.browser.choose("#emissions", "0")
        visible = "getComputedStyle(document.querySelector('.heat [data-system=\"1\"]')).display != 'none'"
        check(self.browser.value(visible), True, "the path of B is shown")
        self.browser.click('.paths input[value="1"]')
        check(self.browser.value(visible), False, "the path of B is hidden")
        self.browser.click('.paths input[value="1"]')
        check(self.browser.value(visible), True, "the path of B is shown again")

    def path_is_on_ridge(self, track, image, system, blank):
        """The path as drawn, read back, is the path given; and the pixels below it are the strong ones."""
        drawn = self.browser.value(f"""(group => ['.runs', '.rests'].map(kind => group.querySelector(kind).getAttribute('d')))
            (document.querySelector('.heat [data-system="{system}"]'))""")
        path = {}
        for x, y, end in re.findall(r"M(\d+) ([\d.]+)H(\d+)", "".join(drawn)):
            for frame in range(int(x), int(end)):
                path[frame] = image["tokens"][int(float(y))]
        given = [token for token, count in zip(track["path"][::2], track["path"][1::2]) for _ in range(count)]
        check([path.get(frame) for frame in range(len(given))], given, f"path of system {system}")
        rows = [image["tokens"].index(token) for token in given]
        # Light or dark: how far from the colour of what is improbable.
        on, off = self.browser.value(f"""(() => {{
            const {{ data, width, height }} = {PIXELS};
            const ground = palette()[0];
            const distance = (x, y) => Math.abs(data[4 * (y * width + x)] - ground[0]);
            let [on, off] = [0, 0];
            {json.dumps(rows)}.forEach((row, frame) => {{
                on += distance(frame, row) / width;
                for (let y = 0; y < height; y++) if (y !== row) off += distance(frame, y) / width / (height - 1);
            }});
            return [on, off];
        }})()""")
        holds(on > 100 and on > 5 * off, f"pixels on the path of {system} are {on:.0f} from the ground, others {off:.0f}")

    def words_are_in_time(self):
        sound = self.sound(self.opened)
        axis = self.browser.value("(b => [b.left, b.width])(document.querySelector('.axis .track').getBoundingClientRect())")
        lanes = self.browser.value("""[...document.querySelectorAll('.lane.words .track')].map(lane => [...lane.children].map(word => {
            const box = word.getBoundingClientRect();
            return [word.textContent, box.left, box.right];
        }))""")
        expected = [sound["reference"]] + [track["words"] for track in sound["tracks"]]
        check([[word[0] for word in lane] for lane in lanes], [[word[0] for word in lane] for lane in expected], "words in time")
        for lane, given in zip(lanes, expected):
            for (text, left, _), (_, start, _, _) in zip(lane, given):
                place = (left - axis[0]) / axis[1] * sound["seconds"]
                holds(abs(place - start) < 0.02, f"{text} is drawn at {place:.3f} s and starts at {start:.3f} s")

    def sound_plays(self):
        browser, clock = self.browser, lambda: float(self.browser.text(".clock").split()[0])
        duration = self.sound(self.opened)["seconds"]
        holds(abs(browser.value("new Promise(done => { const a = opened.player.audio;"
                                "a.readyState ? done(a.duration) : a.onloadedmetadata = () => done(a.duration) })") - duration) < 0.05,
              "the sound is as long as was said")
        check(clock(), 0, "the clock before")
        browser.value("document.querySelector('[role=slider]').focus()")
        browser.key(" ")
        browser.wait("parseFloat(document.querySelector('.clock').textContent) > 0.3")
        holds("Pause" in browser.text(".play"), "the button offers to pause")
        cursor = "(c => c.left)(document.querySelector('.cursor').getBoundingClientRect())"
        before = browser.value(cursor)
        time.sleep(0.25)
        holds(browser.value(cursor) > before + 5, "the cursor moves while the sound plays")
        browser.key(" ")
        browser.wait("document.querySelector('.play').textContent.includes('Play')")
        stopped = clock()
        time.sleep(0.2)
        check(clock(), stopped, "the clock after a pause")
        browser.click(".lane.wave .track", x=0.5)
        browser.wait(f"Math.abs(parseFloat(document.querySelector('.clock').textContent) - {duration / 2}) < 0.1")
        browser.key("ArrowRight", shift=True)
        browser.wait(f"Math.abs(parseFloat(document.querySelector('.clock').textContent) - {duration / 2 + 1}) < 0.1")
        check(float(browser.value("document.querySelector('[role=slider]').ariaValueNow")), clock(), "the announced position")
        text, start, end, _ = self.sound(self.opened)["reference"][1]
        browser.click(".lane.words .word:nth-child(2)")
        browser.wait("document.querySelector('.play').textContent.includes('Pause')")
        browser.wait("document.querySelector('.play').textContent.includes('Play')")
        holds(end <= clock() < end + 0.5, f"“{text}”, which ends at {end}, stopped at {clock()}")
        browser.click('[aria-label="zoom in"]')
        self.words_are_in_time()

    def keyboard_walks_and_closes(self):
        browser = self.browser
        rows = self.rows(4)
        browser.value("document.querySelector('[role=slider]').focus()")
        browser.key("j")
        check(browser.text("#detail-title"), rows[2], "the next utterance")
        browser.key("k")
        browser.key("k")
        check(browser.text("#detail-title"), rows[0], "the utterance before")
        browser.click('[aria-label="next utterance"]')
        check(browser.text("#detail-title"), rows[1], "the next utterance by its button")
        browser.key("j")
        browser.key("Escape")
        browser.wait("!byId('detail').open")
        # Closing is told to the page a moment later.
        browser.wait(f"page.utterances[document.activeElement.dataset.index]?.id === {json.dumps(rows[2])}")
        silent = self.browser.value("page.utterances.findIndex((_, index) => !soundElement(index))")
        self.browser.value(f"openDetail({silent})")
        holds("does not carry its sound" in browser.text(".stage"), "what has no sound says so")
        browser.key("Escape")
        carried = block(self.html, "sounds")["utterances"]
        holds(f"{len(carried)} utterances of {len(self.ids):,} carry" in browser.text("#sound-note"), "how many carry sound is said")

    def address_leads_to_utterance(self):
        self.browser.open(self.address + "#" + self.ids[4], READY)
        check(self.browser.text("#detail-title"), self.ids[4], "the utterance of the address")
        self.browser.key("Escape")
        self.browser.wait("!byId('detail').open")

    def dark_is_dark(self):
        contrasts = """(() => {
            const light = text => {
                const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const ground = element => {
                for (; element; element = element.parentElement) {
                    const colour = getComputedStyle(element).backgroundColor;
                    if (!/rgba\\(.*, 0\\)/.test(colour)) return colour;
                }
                return 'rgb(255, 255, 255)';
            };
            const names = ['h1', 'header p', '.badge.system-0', '.badge.system-1', '.badge.system-2', '#list .id', '#list .match',
                '#list .substitution', '#list del', '#list .insertion', '#pairs .better div', '#pairs .worse button', '.note', '#list .head'];
            return [light(ground(document.body)), names.map(name => {
                const element = document.querySelector(name);
                const [a, b] = [light(getComputedStyle(element).color), light(ground(element))].sort((x, y) => y - x);
                return [name, (a + 0.05) / (b + 0.05)];
            })];
        })()"""
        grounds, heats = [], []
        for scheme in ("light", "dark"):
            self.browser.scheme(scheme)
            self.browser.open(self.address, READY)
            ground, ratios = self.browser.value(contrasts)
            grounds.append(ground)
            for name, ratio in ratios:
                holds(ratio >= 4.5, f"{name} in {scheme}: contrast {ratio:.2f}, below 4.5")
            self.picture(f"{scheme}-figures")
            self.browser.value("byId('differences-section').scrollIntoView()")
            self.picture(f"{scheme}-differences")
            self.browser.value("byId('list-heading').scrollIntoView(); moveTo(1)")
            self.picture(f"{scheme}-list")
            self.browser.key("Enter")
            self.browser.wait("document.querySelector('.heat canvas') !== null")
            heats.append(self.browser.value(HEAT_GROUND))
            self.picture(f"{scheme}-utterance")
        holds(grounds[0] > 0.8 and grounds[1] < 0.05, f"the pages' grounds are {grounds}")
        holds(heats[0] > 200 and heats[1] < 60, f"the heat maps' grounds are {heats}")
        self.browser.scheme("light")
        self.browser.wait(f"{HEAT_GROUND} > 200")  # The heat map follows.
        self.browser.key("Escape")

    def small_screens_are_served(self):
        self.browser.size(420, 800)
        self.browser.open(self.address, READY)
        wide, screen = self.browser.value("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        holds(wide <= screen, f"a page {wide} pixels wide on a screen of {screen}")
        self.picture("small")
        self.browser.size(1440, 1000)

    def the_hasty_are_served(self):
        """An utterance opened before its sound was read gets it once it is."""
        carried = block(self.html, "sounds")["utterances"][-1]
        script = self.browser.call("Page.addScriptToEvaluateOnNewDocument", source=f"""
            new MutationObserver(() => {{
                if (document.documentElement.dataset.ready !== 'first view') return;
                openDetail({carried});
                window.early = document.querySelector('.stage').innerText;
            }}).observe(document, {{ subtree: true, attributeFilter: ['data-ready'] }});""")["identifier"]
        self.browser.open(self.address, READY)
        self.browser.call("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
        check(self.browser.value("early"), "Sounds are still being read.", "what is said at first")
        check(self.browser.text("#detail-title"), self.ids[carried], "the utterance")
        holds(self.browser.value("document.querySelector('.heat canvas') !== null"), "its emissions came later")
        self.browser.key("Escape")

    def controls_have_names(self):
        self.browser.value("moveTo(0)")
        self.browser.key("Enter")
        nodes = self.browser.call("Accessibility.getFullAXTree")["nodes"]
        roles = {"button", "checkbox", "combobox", "searchbox", "slider", "grid", "dialog", "img"}
        nameless = [node["role"]["value"] for node in nodes if not node.get("ignored")
                    and node["role"]["value"] in roles and not node.get("name", {}).get("value")]
        check(nameless, [], "controls without a name")
        self.browser.key("Escape")

    # The other pages.

    def texts_stay_texts(self):
        browser = self.browser
        browser.open(self.address, READY)
        check(browser.value("typeof window.broken"), "undefined", "what a text of the page did")
        check(browser.value("document.querySelectorAll('img, iframe, object, b > script, [onerror], [onclick]').length"), 0, "elements out of texts")
        holds("</script>" in self.data["title"], "the title is hostile")
        check(browser.text("h1"), self.data["title"], "the title, as text")
        check(browser.value("document.title"), self.data["title"], "the window's title")
        for index, utterance in enumerate(self.utterances):
            browser.value(f"openDetail({index})")
            spelt = browser.value("[...document.querySelectorAll('#detail .column:not(.marks) > :first-child')].map(e => e.textContent)")
            seen = [word for word in spelt if word != "\u00a0"]
            check(seen, [re.sub("[\u202a-\u202e\u2066-\u2069\u2028\u0000-\u001f]", lambda c: f"⟨U+{ord(c.group()):04X}⟩", word)
                         for word in utterance["reference"]], f"the words of {utterance['id']!r}")
        holds(any("\u202e" in word for utterance in self.utterances for word in utterance["reference"]), "a text would turn the page")
        check(browser.value("document.querySelector('#detail .interlinear').dir"), "rtl", "the direction of Hebrew, which comes last")
        browser.key("Escape")
        for hostile in ("</script>", "(?<!", "‮"):
            browser.value(f"byId('query').value = {json.dumps(hostile)}; byId('query').dispatchEvent(new Event('input', {{ bubbles: true }}))")
        check(browser.value("typeof window.broken"), "undefined", "what a text of the page did")

    def little_is_enough(self):
        browser = self.browser
        browser.open(self.address, READY)
        check(len(self.rows()), len(self.utterances), "rows")
        check(browser.value("byId('differences-section').hidden && byId('trends-section').hidden"), True, "parts without data are hidden")
        for index in range(len(self.utterances)):
            browser.value(f"openDetail({index})")
            browser.wait("byId('detail').open")
        holds("Its audio is not at hand" in browser.text(".stage"), "sound without audio says so")
        browser.key(" ")
        browser.click(".lane.wave .track", x=0.25)
        browser.wait("document.querySelector('[role=slider]').ariaValueNow > 0")
        browser.key("Escape")
        check(browser.text("#sound-note").startswith("1 utterance of"), True, "how many carry sound")

    # Of every page.

    def nothing_is_fetched(self):
        foreign = [url for url in self.browser.requests
                   if not url.startswith(("blob:", "data:", "about:")) and url.split("#")[0] != self.address]
        check(foreign, [], "requests")
        check(self.browser.complaints, [], "what the console says")
        refused = self.browser.value("""new Promise(done => {
            document.addEventListener('securitypolicyviolation', event => done(event.violatedDirective));
            fetch('https://example.org/').catch(() => {});
            setTimeout(() => done('nothing'), 3000);
        })""")
        check(refused, "connect-src", "what refuses a request")


SCENES = {
    "full": ["first_view_is_quick", "figures_are_those_given", "list_sorts", "list_shows_alignments", "list_filters",
             "list_grows", "utterance_opens", "emissions_are_drawn", "words_are_in_time", "sound_plays",
             "keyboard_walks_and_closes", "address_leads_to_utterance", "the_hasty_are_served", "controls_have_names",
             "dark_is_dark",
             "small_screens_are_served", "nothing_is_fetched"],
    "hostile": ["texts_stay_texts", "nothing_is_fetched"],
    "bare": ["little_is_enough", "nothing_is_fetched"],
}


def main(scene, path, pictures=None):
    browser = Browser()
    try:
        browser.size(1440, 1000)
        browser.scheme("light")
        visit = Visit(browser, path, pictures)
        for step in SCENES[scene]:
            try:
                getattr(visit, step)()
            except Exception as error:
                for complaint in browser.complaints:
                    print(f"console: {complaint}", file=sys.stderr)
                print(f"{step.replace('_', ' ')}: {error}", file=sys.stderr)
                return 1
            print(step.replace("_", " "))
        return 0
    finally:
        browser.close()


if __name__ == "__main__":
    if not 3 <= len(sys.argv) <= 4 or sys.argv[1] not in SCENES:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
