"""What a figure of matplotlib shows, as data. E2B wire 2.10."""

import re


def chart_of(figure):
    axes = figure.get_axes()
    if not any(ax.has_data() for ax in axes):
        return None
    if len(axes) == 1:
        return axes_chart(axes[0])
    title = figure._suptitle.get_text() if figure._suptitle is not None else None
    return {"type": "superchart", "title": title or None,
            "elements": [axes_chart(ax) for ax in axes]}


def kind_of(ax):
    from matplotlib.collections import PathCollection
    from matplotlib.lines import Line2D
    from matplotlib.patches import PathPatch, Rectangle, Wedge
    from matplotlib.text import Text

    drawn = [artist for artist in ax.get_children()
             if artist in ax.lines or artist in ax.patches or artist in ax.collections
             or artist in ax.images]
    drawn = [artist for artist in drawn if not isinstance(artist, Text)]

    def only(*kinds, among=drawn):
        return bool(among) and all(isinstance(artist, kinds) for artist in among)

    if only(Line2D):
        return "line"
    if only(PathPatch, Line2D):
        return "box_and_whisker"
    data = [artist for artist in drawn if not is_grid(artist)]
    if only(PathCollection, among=data):
        return "scatter"
    if only(Wedge, among=data):
        return "pie"
    if only(Rectangle, among=data):
        return "bar"
    return "unknown"


def is_grid(artist):
    from matplotlib.lines import Line2D
    if not isinstance(artist, Line2D):
        return False
    xs, ys = list(artist.get_xdata()), list(artist.get_ydata())
    return len(xs) == 2 and len(ys) == 2 and (xs[0] == xs[1] or ys[0] == ys[1])


def axes_chart(ax):
    kind = kind_of(ax)
    chart = {"type": kind, "title": ax.get_title() or None, "elements": []}
    if kind in ("line", "scatter", "bar", "box_and_whisker"):
        chart.update(labels(ax))
    if kind in ("line", "scatter"):
        chart.update(ticks(ax.xaxis, "x"))
        chart.update(ticks(ax.yaxis, "y"))
    make = {"line": lines, "scatter": scatter, "bar": bars, "pie": pie,
            "box_and_whisker": boxes}.get(kind)
    if make is not None:
        chart["elements"] = make(ax, chart)
    return chart


def labels(ax):
    made = {}
    for side, label in (("x", ax.get_xlabel()), ("y", ax.get_ylabel())):
        unit = re.search(r"\s\((.*?)\)|\[(.*?)\]", label)
        made[side + "_label"] = label or None
        made[side + "_unit"] = (unit.group(1) or unit.group(2)) if unit else None
    return made


def turn(chart):
    for what in ("_label", "_unit"):
        chart["x" + what], chart["y" + what] = chart["y" + what], chart["x" + what]


def is_dates(axis):
    from matplotlib import dates
    converter = axis.get_converter() if hasattr(axis, "get_converter") else axis.converter
    kinds = tuple(getattr(dates, name) for name in
                  ("_SwitchableDateConverter", "DateConverter") if hasattr(dates, name))
    return isinstance(converter, kinds)


def ticks(axis, side):
    from matplotlib import dates
    where = list(axis.get_majorticklocs())
    names = [label.get_text() for label in axis.get_ticklabels()]
    if is_dates(axis):
        scale, where = "datetime", [dates.num2date(tick).isoformat() for tick in where]
    else:
        where = [float(tick) if isinstance(tick, (int, float)) else tick for tick in where]
        scale = axis.get_scale()
        counted = all(tick == i and str(i) != name for i, (tick, name) in enumerate(zip(where, names)))
        if scale == "linear" and where and counted:
            scale = "categorical"
    return {side + "_ticks": where, side + "_tick_labels": names, side + "_scale": scale}


def point(value):
    if type(value).__module__ == "numpy" and type(value).__name__ == "datetime64":
        return str(value.astype("datetime64[s]"))
    return value


def points(pairs):
    return [[point(x), point(y)] for x, y in pairs]


def lines(ax, chart):
    elements = []
    for line in ax.get_lines():
        if is_grid(line):
            continue
        label = str(line.get_label())
        if re.fullmatch(r"_child\d+", label):
            label = "Line " + label[len("_child"):]
        elements.append({"label": label, "points": points(zip(line.get_xdata(), line.get_ydata()))})
    return elements


def scatter(ax, chart):
    return [{"label": str(found.get_label()), "points": points(found.get_offsets())}
            for found in ax.collections]


def bars(ax, chart):
    elements = []
    turned = False
    for container in ax.containers:
        group = str(container.get_label())
        if re.fullmatch(r"_container\d+", group):
            group = "Group " + group[len("_container"):]
        lying = getattr(container, "orientation", "vertical") == "horizontal"
        turned = turned or lying
        names = [label.get_text() for label in (ax.get_yticklabels() if lying else ax.get_xticklabels())]
        sizes = [bar.get_width() if lying else bar.get_height() for bar in container]
        for name, size in zip(names, sizes):
            elements.append({"label": name, "value": float(size), "group": group})
    if turned:
        turn(chart)
    return elements


def pie(ax, chart):
    return [{"label": str(wedge.get_label()), "angle": round(abs(float(wedge.theta2) - float(wedge.theta1)), 4),
             "radius": float(wedge.r)} for wedge in ax.patches]


def rounded(number):
    return float("%.12g" % float(number)) if abs(number) > 1e-12 else 0.0


def boxes(ax, chart):
    """The box, its middle line, two whiskers and what lies outside, found by where they are."""
    found = []
    for box in ax.patches:
        vertices = [(rounded(x), rounded(y)) for x, y in box.get_path().vertices]
        xs, ys = [x for x, _ in vertices], [y for _, y in vertices]
        found.append({"x": (min(xs), max(xs)), "y": (min(ys), max(ys))})
    lying = len(found) > 0 and all(
        abs((b["y"][1] - b["y"][0]) - (found[0]["y"][1] - found[0]["y"][0])) < 1e-9 for b in found
    ) and ax.get_ylabel() is not None and not standing(ax, found)
    if lying:
        turn(chart)
        for box in found:
            box["x"], box["y"] = box["y"], box["x"]
    names = [label.get_text() for label in (ax.get_yticklabels() if lying else ax.get_xticklabels())]
    for box in found:
        box.update(low=box["y"][0], high=box["y"][1], median=None, outliers=[])
    for line in ax.lines:
        xs = [rounded(x) for x in line.get_xdata()]
        ys = [rounded(y) for y in line.get_ydata()]
        if lying:
            xs, ys = ys, xs
        for box in found:
            if not xs or not (box["x"][0] <= min(xs) and max(xs) <= box["x"][1]):
                continue
            sort_line(box, line, xs, ys)
            break
    return [{"label": name, "min": box["low"], "first_quartile": box["y"][0],
             "median": box["median"], "third_quartile": box["y"][1], "max": box["high"],
             "outliers": box["outliers"]} for name, box in zip(names, found)]


def standing(ax, found):
    """Whether boxes stand: their middle lines lie then."""
    for line in ax.lines:
        xs, ys = list(line.get_xdata()), list(line.get_ydata())
        if len(xs) == 2 and ys[0] == ys[1] and xs[0] != xs[1]:
            for box in found:
                wide = (rounded(min(xs)), rounded(max(xs))) == box["x"]
                if wide and box["y"][0] <= rounded(ys[0]) <= box["y"][1]:
                    return True
    return False


def sort_line(box, line, xs, ys):
    if line.get_linestyle() in ("None", "none", "", " "):
        box["outliers"].extend(ys)
    elif len(ys) == 2 and ys[0] == ys[1]:
        if box["y"][0] <= ys[0] <= box["y"][1] and xs[0] != xs[1]:
            if box["median"] is None or (min(xs), max(xs)) == box["x"]:
                box["median"] = ys[0]
    elif len(ys) == 2 and xs[0] == xs[1]:
        box["low"], box["high"] = min(box["low"], *ys), max(box["high"], *ys)
