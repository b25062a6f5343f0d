"""What Grafana dashboards are made of: panels, variables, links. Plain dictionaries, as Grafana keeps them in JSON.

A panel has no place of its own: `dashboard` lays rows of panels out over Grafana's 24 columns.
"""

SCHEMA_VERSION = 39  # Grafana 10.4; later ones read it.
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
HEIGHT = 8

GOOD, WARNING, BAD, NEUTRAL = "green", "orange", "red", "blue"


def query(expression, legend="", instant=False, form="time_series"):
    """One PromQL expression of a panel. `legend` names labels of its series as {{label}}."""
    return {
        "datasource": DATASOURCE,
        "expr": expression,
        "legendFormat": legend,
        "instant": instant,
        "range": not instant,
        "format": form,
    }


def steps(*limits, base=GOOD):
    """Colours by value: `base` up to the first of the limits, (value, colour) each."""
    return {
        "mode": "absolute",
        "steps": [{"color": base, "value": None}, *({"color": color, "value": value} for value, color in limits)],
    }


PLAIN = steps(base=NEUTRAL)


def _panel(kind, title, description, queries, *, unit, width, height=HEIGHT, thresholds=PLAIN, color="thresholds",
           custom=None, options=None, mappings=(), overrides=(), link=None, transformations=(), low=None, high=None,
           decimals=None, no_value=None):
    defaults = {
        "unit": unit,
        "color": {"mode": color},
        "thresholds": thresholds,
        "mappings": list(mappings),
        "custom": custom or {},
        "links": [link] if link else [],
    }
    for key, value in (("min", low), ("max", high), ("decimals", decimals), ("noValue", no_value)):
        if value is not None:
            defaults[key] = value
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "targets": [{**one, "refId": chr(ord("A") + place)} for place, one in enumerate(queries)],
        "fieldConfig": {"defaults": defaults, "overrides": list(overrides)},
        "options": options or {},
        "transformations": list(transformations),
        "gridPos": {"w": width, "h": height},
    }


def lines(title, description, *queries, unit="short", width=12, stacked=False, limit=None, low=0, high=None,
          link=None):
    """Values over time. The area above `limit` is red."""
    custom = {
        "drawStyle": "line",
        "lineWidth": 1,
        "fillOpacity": 30 if stacked else 8,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"group": "A", "mode": "normal" if stacked else "none"},
        "thresholdsStyle": {"mode": "off" if limit is None else "dashed+area"},
    }
    thresholds = steps() if limit is None else steps((limit, BAD))
    options = {
        "legend": {"displayMode": "table", "placement": "bottom", "showLegend": True, "calcs": ["lastNotNull", "max"]},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return _panel("timeseries", title, description, queries, unit=unit, width=width, thresholds=thresholds,
                  color="palette-classic", custom=custom, options=options, low=low, high=high, link=link)


def number(title, description, expression, *, unit="short", width=4, thresholds=PLAIN, mappings=(), link=None,
           decimals=None):
    """One number, as it is now, over its recent course."""
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "value",
        "graphMode": "area",
        "textMode": "value",
        "justifyMode": "center",
        "orientation": "auto",
    }
    return _panel("stat", title, description, [query(expression)], unit=unit, width=width, height=4,
                  thresholds=thresholds, options=options, mappings=mappings, link=link, decimals=decimals)


def bars(title, description, expression, legend, *, unit="short", width=12, thresholds=PLAIN, high=None, link=None):
    """One bar for each series, as it is now."""
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "displayMode": "lcd",
        "orientation": "horizontal",
        "valueMode": "color",
        "showUnfilled": True,
    }
    return _panel("bargauge", title, description, [query(expression, legend, instant=True)], unit=unit, width=width,
                  thresholds=thresholds, options=options, low=0, high=high, link=link)


def timeline(title, description, expression, legend, *, mappings=(), thresholds=PLAIN, unit="short", width=24,
             link=None):
    """One band for each series, coloured by its value over time."""
    options = {
        "mergeValues": True,
        "rowHeight": 0.85,
        "showValue": "auto",
        "alignValue": "center",
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "single", "sort": "none"},
    }
    custom = {"lineWidth": 0, "fillOpacity": 80}
    return _panel("state-timeline", title, description, [query(expression, legend)], unit=unit, width=width,
                  thresholds=thresholds, custom=custom, options=options, mappings=mappings, link=link)


def heatmap(title, description, expression, *, unit="s", width=12):
    """A histogram's buckets over time: `expression` sums their increase by (le)."""
    panel = _panel("heatmap", title, description, [query(expression, "{{le}}", form="heatmap")], unit=unit,
                   width=width)
    panel["options"] = {
        "calculate": False,
        "cellGap": 1,
        "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64, "exponent": 0.5, "fill": "dark-orange",
                  "reverse": False},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "tooltip": {"mode": "single", "yHistogram": False},
        "yAxis": {"axisPlacement": "left", "unit": unit},
    }
    return panel


def column(name, title, *, unit="short", thresholds=None, mappings=(), link=None, width=None):
    """How `table` shows a label, or the value of its query by letter: "Value #B"."""
    properties = [{"id": "displayName", "value": title}, {"id": "unit", "value": unit}]
    if thresholds:
        properties += [
            {"id": "thresholds", "value": thresholds},
            {"id": "custom.cellOptions", "value": {"type": "color-text"}},
        ]
    if mappings:
        properties.append({"id": "mappings", "value": list(mappings)})
    if link:
        properties.append({"id": "links", "value": [link]})
    if width:
        properties.append({"id": "custom.width", "value": width})
    return {"matcher": {"id": "byName", "options": name}, "properties": properties}


def table(title, description, columns, expressions, *, key, width=24, height=HEIGHT, sort=None):
    """One line for each value of the label `key`, with the value of each expression, by (key), in a column."""
    transformations = [
        {"id": "joinByField", "options": {"byField": key, "mode": "outer"}},
        {"id": "filterFieldsByName", "options": {"include": {"pattern": f"^({key}|Value.*)$"}}},
    ]
    options = {"showHeader": True, "cellHeight": "sm", "footer": {"show": False, "reducer": []}}
    if sort:
        options["sortBy"] = [{"displayName": sort, "desc": True}]
    queries = [query(expression, instant=True, form="table") for expression in expressions]
    return _panel("table", title, description, queries, unit="short", width=width, height=height,
                  custom={"align": "auto", "filterable": True}, options=options, overrides=columns,
                  transformations=transformations, no_value="–")


def states(names):
    """Texts and colours of values: {value: (text, colour)}."""
    return [{
        "type": "value",
        "options": {
            str(value): {"text": text, "color": color, "index": place}
            for place, (value, (text, color)) in enumerate(names.items())
        },
    }]


def variable(name, label, definition, *, many=True):
    """A label's values to choose from. All of them include series without the label."""
    choice = {"multi": False, "includeAll": False}
    if many:
        choice = {"multi": True, "includeAll": True, "allValue": ".*", "current": {"text": "All", "value": "$__all"}}
    return {
        "type": "query",
        "name": name,
        "label": label,
        "datasource": DATASOURCE,
        "definition": definition,
        "query": {"qryType": 1, "query": definition, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
        "refresh": 2,
        "sort": 1,
        "regex": "",
        "options": [],
        "hide": 0,
        "skipUrlSync": False,
        **choice,
    }


def datasource_variable():
    return {
        "type": "datasource",
        "name": "datasource",
        "label": "Prometheus",
        "query": "prometheus",
        "refresh": 1,
        "regex": "",
        "multi": False,
        "includeAll": False,
        "options": [],
        "hide": 0,
        "skipUrlSync": False,
    }


def dashboard(uid, title, description, variables, rows, *, since="now-6h", annotations=()):
    """`rows` are (title, panels); panels flow from left to right."""
    panels, y = [], 0
    for name, content in rows:
        panels.append({"type": "row", "title": name, "collapsed": False, "panels": [],
                       "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}})
        y, x, height = y + 1, 0, 0
        for panel in content:
            width = panel["gridPos"]["w"]
            if x + width > 24:
                y, x, height = y + height, 0, 0
            panels.append({**panel, "gridPos": {**panel["gridPos"], "x": x, "y": y}})
            x, height = x + width, max(height, panel["gridPos"]["h"])
        y += height
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["lockstitch"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "timezone": "browser",
        "refresh": "30s",
        "time": {"from": since, "to": "now"},
        "links": [{
            "type": "dashboards",
            "title": "Lockstitch",
            "tags": ["lockstitch"],
            "asDropdown": True,
            "includeVars": True,
            "keepTime": True,
            "targetBlank": False,
            "icon": "external link",
            "tooltip": "",
            "url": "",
        }],
        "templating": {"list": [datasource_variable(), *variables]},
        "annotations": {"list": list(annotations)},
        "panels": [{"id": number, **panel} for number, panel in enumerate(panels, 1)],
    }


def annotation(name, expression, title, text, color):
    """Marks moments at which the expression has a value."""
    return {
        "name": name,
        "datasource": DATASOURCE,
        "enable": True,
        "hide": False,
        "iconColor": color,
        "expr": expression,
        "step": "60s",
        "titleFormat": title,
        "textFormat": text,
    }
