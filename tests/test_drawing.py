"""Figures on worker processes: the same bytes, nothing lost by one fault or by Ctrl-C; and the pool that draws them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zlib
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from fontTools.ttLib import TTFont

from model.cli import Cli
from model.errors import StoreError
from model.experiments import store
from model.experiments.folder import open_run
from model.experiments.workers import Died, Pool, hired
from model.figures import FIGURES, Drawing, draw_all
from model.figures.save import SETTING
from tests.chores import squared, who
from tests.made_up import INPUTS, recordings, run_context

NAMES = ("real-income", "evidence", "segments")

ROOT = Path(__file__).parents[1]


def drawings(folder: Path, lang: str = "ko") -> list[Drawing]:
    """Three figures of made-up results."""
    frame, context = store.frame_of(recordings(5), ["*"]), run_context(lang)
    return [Drawing(FIGURES[name], FIGURES[name].data(frame, context), context, folder) for name in NAMES]


def broken(folder: Path) -> Drawing:
    """A figure with a sign that no font has."""
    spec, measures = FIGURES["policy-timeline"], INPUTS["measures"].assign(title="\U00012000")
    context = replace(run_context(), inputs={"measures": measures})
    return Drawing(spec, spec.data(pd.DataFrame(), context), context, folder, "broken")


def test_workers_draw_the_same_bytes_and_one_fault_loses_no_other(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    made = draw_all(drawings(here))
    first, *others = drawings(there)
    with pytest.raises(StoreError, match=r"^broken: Glyph"), hired(2, 4) as workers:
        assert isinstance(workers, Pool)
        draw_all([first, broken(there), *others], workers)
    assert [saved.name for saved in made] == list(NAMES)
    files = sorted(path.name for path in here.iterdir())
    assert files == sorted([*(f"{name}.{kind}" for name in NAMES for kind in ("csv", "pdf", "png")), "figures.json"])
    for name in files:
        assert (here / name).read_bytes() == (there / name).read_bytes(), name


def test_a_fault_of_ours_says_where_and_a_lost_worker_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = drawings(tmp_path)[0]
    wrong = Drawing(wrong.spec, wrong.data.drop(columns="central"), wrong.context, tmp_path)
    with pytest.raises(KeyError, match="central") as raised:
        draw_all([wrong])
    assert "real_income.py" in "".join(raised.value.__notes__)
    monkeypatch.setattr(
        "model.figures.drawing.supervise", lambda *_: iter([(0, Died("killed by SIGKILL")), (1, Died("x"))])
    )
    with pytest.raises(StoreError, match=r"^real-income: killed by SIGKILL\nevidence: x$"):
        draw_all(drawings(tmp_path)[:2], 2)


def test_ctrl_c_while_drawing_keeps_results_manifest_and_finished_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is then one that `report` can go on with."""
    draw = "model.figures.drawing._draw"
    done = []

    def second(drawing: Drawing) -> object:
        if done:
            raise KeyboardInterrupt
        done.append(drawing.spec.name)
        return real(drawing)

    from model.figures import drawing

    real = drawing._draw
    monkeypatch.setattr(draw, second)
    out = tmp_path / "out"
    words = [
        "run",
        "blocs",
        "--stance",
        "hedge",
        "--draws",
        "1",
        "--workers",
        "1",
        "--set",
        "horizon=[2018Q1, 2018Q4]",
        "--out",
        str(out),
    ]
    assert CliRunner().invoke(Cli(), words).exit_code == 130
    run = open_run(out)
    assert len(run.results) and "results.parquet" in run.manifest["outputs"]
    assert [row["name"] for row in json.loads((out / "figures" / "figures.json").read_text(encoding="utf-8"))] == done


@pytest.mark.parametrize("name", list(FIGURES))
def test_a_figure_reads_the_series_it_declares_and_no_other(name: str) -> None:
    """So that these are all that has to be read for it."""
    context, spec = run_context(), FIGURES[name]
    whole, few = (
        spec.data(store.frame_of(recordings(2), names), context) for names in (["*"], [*spec.variables, "Real Income"])
    )
    pd.testing.assert_frame_equal(whole, few)


def test_series_for_the_figures_are_those_that_are_read_back(tmp_path: Path) -> None:
    runs = recordings(2)
    for run in runs[:2]:
        run.values[3] = np.nan  # undefined throughout: no rows
        run.values[5, 4:9] = np.nan
    store.write_results(tmp_path / "results.parquet", runs)
    for names in (["*"], ["Real Income"], ["Exports*", "Value Added|Memory"]):
        pd.testing.assert_frame_equal(
            store.frame_of(reversed(runs), names), store.read_results(tmp_path / "results.parquet", names)
        )


def test_fonts_in_a_pdf_have_letters_and_no_tables_for_setting_text(tmp_path: Path) -> None:
    (saved,) = draw_all(drawings(tmp_path)[:1])
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", saved.pdf.read_bytes(), re.DOTALL)
    fonts = [TTFont(BytesIO(text)) for text in map(inflated, streams) if text[:4] == b"\x00\x01\x00\x00"]
    assert fonts and all(len(font.getGlyphOrder()) > 1 and "glyf" in font for font in fonts)
    assert all(table not in font for font in fonts for table in SETTING)


def inflated(stream: bytes) -> bytes:
    """A PDF's stream as it was before it was packed; nothing where it is packed in another way."""
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


# ---------------------------------------------------------------- the pool


def test_the_same_processes_do_one_piece_of_work_after_the_other() -> None:
    with Pool(2) as pool:
        pool.prepare("model.words", "model.units")
        first = set(dict(pool.run(partial(who, 0.1), [[0], [1], [2], [3]])).values())
        assert dict(pool.run(squared, [[3], [4, 5]])) == {3: 9, 4: 16, 5: 25}
        again = set(dict(pool.run(partial(who, 0.1), [[0], [1], [2], [3]])).values())
        assert len(first) == 2 and first == again and os.getpid() not in first
        assert list(pool.run(squared, [])) == []
    assert not pool.workers


def test_work_that_is_left_ends_its_processes_and_the_next_starts_new_ones() -> None:
    with Pool(2) as pool:
        begun = pool.run(partial(who, 0.05), [list(range(8))])
        task, old = next(begun)
        begun.close()
        assert task in range(8)
        new = dict(pool.run(partial(who, 0.0), [[1], [2]]))
        assert set(new) == {1, 2} and old not in new.values()


def test_a_module_that_is_not_there_is_a_fault_of_ours() -> None:
    with pytest.raises(RuntimeError, match="no_such_module"), Pool(1) as pool:
        pool.prepare("no_such_module")
        list(pool.run(squared, [[1]]))


def test_one_task_or_one_worker_needs_no_process() -> None:
    for workers, tasks in ((1, 9), (4, 1)):
        with hired(workers, tasks, "model.words") as team:
            assert team == 1
    with hired(3, 2) as team:
        assert isinstance(team, Pool) and team.size == 2
        with hired(team, 1) as same:
            assert same is team


def test_the_parent_of_a_run_loads_no_simulation(tmp_path: Path) -> None:
    """It would take from its workers the time in which they start; what a first result needs least is a third simulation."""
    code = (
        "import sys\n"
        "from model.cli import main\n"
        f"code = main(['run', 'tariffs', '--draws', '1', '--no-figures', '--workers', '2', '--quiet', '--out', {str(tmp_path / 'run')!r}])\n"
        "print(code, sorted({'mesa', 'matplotlib', 'scipy', 'model.simulation'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=120, check=True
    )
    assert done.stdout.split("\n")[-2] == "0 []", done.stdout
