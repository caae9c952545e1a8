#!/usr/bin/env python3
"""Goldens of language model estimation: what KenLM's lmplz makes of a small text.

    pip download --no-deps --no-binary :all: --no-build-isolation kenlm==0.3.0 && tar xzf kenlm-0.3.0.tar.gz
    python3 scripts/goldens/lmplz.py TEXT --kenlm kenlm-0.3.0 --lines 300 --out Tests/LanguageModelTests/Goldens/lmplz

TEXT is one sentence a line; the committed golden is of the first 300 lines of the transcripts of LJ Speech (public
domain), normalised. lmplz is built from KenLM's sources, which needs a C++ compiler and Boost (Debian:
libboost-program-options-dev libboost-thread-dev libboost-system-dev).

    text.txt                the text
    NAME.arpa.gz            the models; lmplz's options stand in MODELS below
"""

import argparse
import gzip
import pathlib
import subprocess
import tempfile

MODELS = {
    "order1": ["-o", "1"],
    "order3": ["-o", "3"],
    "order3-pruned": ["-o", "3", "--prune", "0", "0", "1"],
    "order5-pruned": ["-o", "5", "--prune", "0", "1", "2", "--discount_fallback", "0.5", "1", "1.5"],
    "order2-words": ["-o", "2", "--prune", "1", "1"],
}


def build(kenlm, binary):
    folders = ["util", "util/double-conversion", "util/stream", "lm", "lm/common", "lm/builder"]
    sources = [p for f in folders for p in sorted((kenlm / f).glob("*.cc")) if "_test" not in p.name and "_main" not in p.name]
    command = ["g++", "-O2", "-w", "-I.", "-DKENLM_MAX_ORDER=7", "-DNDEBUG", *[str(p.relative_to(kenlm)) for p in sources]]
    command += ["lm/builder/lmplz_main.cc", "-o", str(binary)]
    command += ["-lboost_program_options", "-lboost_thread", "-lboost_system", "-lpthread", "-lrt"]
    subprocess.run(command, cwd=kenlm, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=pathlib.Path)
    parser.add_argument("--kenlm", type=pathlib.Path, required=True, help="the unpacked sources")
    parser.add_argument("--lines", type=int, default=300)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    lines = options.text.read_text(encoding="utf-8").splitlines()[: options.lines]
    text = "".join(line + "\n" for line in lines).encode()
    (options.out / "text.txt").write_bytes(text)
    with tempfile.TemporaryDirectory() as folder:
        binary = pathlib.Path(folder) / "lmplz"
        build(options.kenlm.resolve(), binary)
        for name, arguments in MODELS.items():
            arpa = subprocess.run(
                [binary, *arguments, "-S", "64M", "-T", folder], input=text, stdout=subprocess.PIPE, check=True
            ).stdout
            (options.out / f"{name}.arpa.gz").write_bytes(gzip.compress(arpa, 9, mtime=0))
            print(name, arpa.decode().split("\n\n")[0].replace("\n", " "))


if __name__ == "__main__":
    main()
