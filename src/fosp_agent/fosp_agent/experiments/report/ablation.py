"""The dataset ablation: table and bars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from matplotlib.figure import Figure

from fosp_agent.experiments.report.claims import verdict
from fosp_agent.experiments.report.differences import difference
from fosp_agent.experiments.report.figure import COLOURS, new_figure, tidy
from fosp_agent.experiments.report.rates import Rate, rates
from fosp_agent.experiments.report.safereach_tables import MODE_TITLES, NONE, markdown
from fosp_agent.experiments.result import Result

HATCHES = ("", "//", "..")
MEASURES = ("SR", "CV", "safe SR")
GROUPS = {"ratio": "safe : unsafe", "size": "trajectories"}

Parts = dict[str, list[Result]]
"""Name of a part of the dataset, to its tests."""


def parts(results: Sequence[Result], mode: str) -> Parts:
    """The tests of each part, ratios from safe to unsafe, then sizes."""
    found: Parts = defaultdict(list)
    for result in results:
        if result.kind == "test" and result.settings["mode"] == mode:
            found[str(result.settings["part_name"])].append(result)
    return dict(sorted(found.items(), key=lambda item: _order(item[0])))


def ablation_table(results: Sequence[Result]) -> str:
    """One row a part and mode."""
    sizes = {
        str(r.settings["part_name"]): sum(r.settings["part"].values())
        for r in results
        if r.kind == "pretrain"
    }
    rows = []
    for mode in MODE_TITLES:
        for name, tests in parts(results, mode).items():
            three = [rate.text() for rate in _three(tests)]
            size, seeds = str(sizes.get(name, NONE)), str(len(_three(tests)[0].totals))
            rows.append([_title(name), size, seeds, MODE_TITLES[mode], *three])
    return markdown(["part", "trajectories", "seeds", "mode", *MEASURES], rows)


def ablation_claims(results: Sequence[Result], mode: str) -> str | None:
    """What the paper says of Figure 6, and whether the tests bear it out; None without any."""
    found = parts(results, mode)
    sizes = sorted(name for name in found if name.startswith("size-"))
    rows = []
    for one, other, measure, more in (
        ("ratio-1-1", "ratio-1-0", "CV", True),
        ("ratio-1-1", "ratio-0-1", "SR", False),
        (sizes[0] if sizes else "", sizes[-1] if sizes else "", "safe SR", True),
    ):
        if one == other or one not in found or other not in found:
            continue
        change = difference(found[one], found[other], measure)
        if change is not None:
            wanted = f"{measure} {'higher' if more else 'lower'} than with {_title(one)}"
            rows.append([_title(other), wanted, change.text(), verdict(change, more=not more)])
    return markdown(["part", "the paper says", "difference", ""], rows) if rows else None


def ablation_bars(results: Sequence[Result], mode: str) -> Figure | None:
    """SR, CV and safe SR with intervals: by ratio on the left, by size on the right."""
    found = parts(results, mode)
    groups = {
        group: {n: t for n, t in found.items() if n.startswith(group)}
        for group in GROUPS
        if any(name.startswith(group) for name in found)
    }
    if not groups:
        return None
    figure = new_figure(1.0 + 4.0 * len(groups), 3.2)
    axes = figure.subplots(1, len(groups), squeeze=False, sharey=True)
    for one, (group, members) in zip(axes[0], groups.items(), strict=True):
        for number, measure in enumerate(MEASURES):
            shown = [_three(tests)[number] for tests in members.values()]
            places = [place + 0.27 * (number - 1) for place in range(len(shown))]
            one.bar(
                places,
                [100 * rate.value for rate in shown],
                0.25,
                yerr=[[_error(r, 0) for r in shown], [_error(r, 1) for r in shown]],
                color=COLOURS[number],
                hatch=HATCHES[number],
                edgecolor="white",
                ecolor="0.25",
                capsize=2,
                label=measure,
            )
        tidy(one)
        one.set_xticks(range(len(members)), [_value(name) for name in members])
        one.set(xlabel=GROUPS[group], ylim=(0, 103))
    axes[0, 0].set_ylabel("share of tests [%], 95 % interval")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def _three(tests: Sequence[Result]) -> tuple[Rate, Rate, Rate]:
    found = rates(tests)
    return found.success, found.violation, found.safe_success


def _error(rate: Rate, side: int) -> float:
    return 100 * abs(rate.interval[side] - rate.value)


def _value(name: str) -> str:
    group, *numbers = name.split("-")
    return ":".join(numbers) if group == "ratio" else str(int(numbers[0]))


def _title(name: str) -> str:
    group = name.partition("-")[0]
    return f"{GROUPS[group]} {_value(name)}" if group in GROUPS else name


def _order(name: str) -> tuple[str, float]:
    group, *numbers = name.split("-")
    if group != "ratio":
        return group, float(numbers[0])
    safe, unsafe = (float(n) for n in numbers)
    return group, unsafe / (safe + unsafe)
