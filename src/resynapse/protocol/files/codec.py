"""Protocol files to objects and back, without loss.

A step is a mapping with its name as key; further keys are `at`, `fork`, `share`, `arms`, `skip`, `label`, `when`
and `stream`. `repeat` and `sweep` with `do` represent many steps and are expanded here. A number of a step may be a
distribution over subjects. A rule of `derived` is a mapping with its name as key. What is unknown, of the wrong type or
impossible is refused with its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from pydantic import TypeAdapter

from resynapse.errors import ProtocolError, Where
from resynapse.networks import ARCHITECTURES, DEFAULT_ARCHITECTURE, Architecture
from resynapse.plugins import unknown
from resynapse.protocol.derived_outcomes import RULES, Derived
from resynapse.protocol.endpoints import Endpoint
from resynapse.protocol.files.claims_codec import dump_claim, parse_claims
from resynapse.protocol.files.plain_values import fields_of
from resynapse.protocol.files.plain_values import mapping as _mapping
from resynapse.protocol.files.plain_values import modelled as _model
from resynapse.protocol.files.plain_values import sequence as _sequence
from resynapse.protocol.files.plain_values import typed as _typed
from resynapse.protocol.files.repetition import Scope, filled, listed, rounds
from resynapse.protocol.files.safe_yaml import MOST_VALUES, size
from resynapse.protocol.given_titles import GivenTitles
from resynapse.protocol.node import Node, Path, every
from resynapse.protocol.population.distributions import Place, Trait, found, placed
from resynapse.protocol.steps import STEPS, Step
from resynapse.protocol.tree import Protocol
from resynapse.protocol.variants import Append, Change, Remove, Replace, Set, Variant
from resynapse.protocol.vocabulary import extend
from resynapse.protocol.when import When
from resynapse.task import DEFAULT_TASK, TASKS, Task, location_fields

_BESIDE = {key: kind for key, kind in fields_of(Node).items() if key not in ("step", "draws")}
"""What may be beside a step, with its type."""
_MANY = ("repeat", "sweep")
_TOP = (
    "name", "title", "cite", "task", "network", "batch_size", "induction", "arms", "follow_up", "derived",
    "primary", "variants", "claims", "titles",
)  # fmt: skip
UNNUMBERED = ("title", "cite", "claims", "primary", "titles")
"""Parts of a protocol that change no number of a run."""
MOST_NODES = 2_000
"""Most steps of one path, side paths included, with every repetition written out."""
MOST_STEPS = 20_000
"""Most steps of all arms together."""


def parse(document: object, folder: FilePath | None = None) -> Protocol:
    """A protocol from plain data (mappings, lists, numbers, strings).

    Parameters
    ----------
    folder : where the paths in it begin; by default the current folder.

    Raises
    ------
    ProtocolError : with the place, the value, what is allowed and the nearest valid name.
    """
    extend()
    if document is None:
        raise ProtocolError("nothing is written here; see `resynapse show demo` for an example")
    top = _mapping(document, (), _TOP)
    if "name" not in top:
        raise ProtocolError("name is missing; give the protocol a name")
    fields: dict[str, Any] = {
        "name": _typed(str, top["name"], ("name",)),
        "title": _typed(str, top.get("title", ""), ("title",)),
        "cite": _typed(str, top.get("cite", ""), ("cite",)),
        "task": _task(top.get("task", {}), ("task",), folder),
        "network": _network(top.get("network", {}), ("network",)),
        "induction": _path(top.get("induction", []), ("induction",)),
        "arms": _arms(top.get("arms")),
        "follow_up": _path(top.get("follow_up", []), ("follow_up",)),
        "variants": {
            name: _variant(value, ("variants", name))
            for name, value in _mapping(top.get("variants", {}), ("variants",)).items()
        },
        "derived": tuple(
            _rule(rule, ("derived", i)) for i, rule in enumerate(_sequence(top.get("derived", []), ("derived",)))
        ),
    }
    if "primary" in top:
        fields["primary"] = parse_primary(top["primary"], ("primary",))
    if "claims" in top:
        fields["claims"] = parse_claims(top["claims"], ("claims",))
    if "titles" in top:
        fields["titles"] = _model(GivenTitles, _mapping(top["titles"], ("titles",)), ("titles",))
    if "batch_size" in top:
        fields["batch_size"] = _typed(int, top["batch_size"], ("batch_size",))
    return Protocol(**fields)


def dump(protocol: Protocol) -> dict[str, Any]:
    """Plain data that `parse` turns into an equal protocol; every default is written out."""
    kind = next((name for name, task in TASKS.items() if type(protocol.task) is task), None)
    if kind is None:
        raise ProtocolError(f"{type(protocol.task).__name__} is no kind of task; put it into resynapse.task.TASKS")
    return {
        "name": protocol.name,
        "title": protocol.title,
        "cite": protocol.cite,
        "task": {"kind": kind, **TypeAdapter(type(protocol.task)).dump_python(protocol.task, mode="json")},
        "network": _dump_network(protocol.network),
        "batch_size": protocol.batch_size,
        "induction": _dump_path(protocol.induction),
        "arms": {name: _dump_path(path) for name, path in protocol.arms.items()},
        "follow_up": _dump_path(protocol.follow_up),
        "derived": [{rule.kind: rule.model_dump(mode="json", exclude_none=True)} for rule in protocol.derived],
        **({"primary": [str(one) for one in protocol.primary]} if protocol.primary else {}),
        **({"variants": {n: _dump_variant(v) for n, v in protocol.variants.items()}} if protocol.variants else {}),
        **({"titles": protocol.titles.model_dump(exclude_defaults=True)} if protocol.titles else {}),
        **({"claims": [dump_claim(claim) for claim in protocol.claims]} if protocol.claims else {}),
    }


def _dump_network(network: Architecture) -> dict[str, Any]:
    # the default kind is left out: files and identities of runs are older than kinds
    kind = {} if network.kind == DEFAULT_ARCHITECTURE else {"kind": network.kind}
    return {**kind, **TypeAdapter(type(network)).dump_python(network, mode="json")}


def _dump_path(path: Path) -> list[dict[str, Any]]:
    return [dump_node(node) for node in path]


def dump_node(node: Node) -> dict[str, Any]:
    """Plain data of a node, as it is written in a path."""
    out: dict[str, Any] = {}
    if node.step is not None:
        written = node.step.model_dump(mode="json", exclude_none=True)
        out[node.step.kind] = placed(written, {place: drawn.dump() for place, drawn in node.draws})
    for key in ("arms", "skip", "label", "at"):
        if getattr(node, key):
            out[key] = list(getattr(node, key))
    if node.when is not None:
        out["when"] = str(node.when)
    if not node.share:
        out["share"] = False
    if node.stream is not None:
        out["stream"] = node.stream
    if node.fork:
        out["fork"] = _dump_path(node.fork)
    return out


def _arms(value: object) -> dict[str, Path]:
    arms: dict[str, Path] = {}
    total = 0
    for name, path in _mapping(value, ("arms",)).items():
        arms[name] = _path(path, ("arms", name))
        total += 1 + sum(1 for _ in every(arms[name]))
        if total > MOST_STEPS:
            raise ProtocolError(f"more than {MOST_STEPS} steps in all arms together; shorten them", ("arms", name))
    return arms


def _path(value: object, where: Where, scope: Scope | None = None) -> Path:
    path: list[Node] = []
    total = 0
    for index, item in enumerate(_sequence(value, where)):
        here = (*where, index)
        many = [key for key in _MANY if isinstance(item, Mapping) and key in item]
        written = _written_out(many[0], item, here, scope or {}) if many else [_node(item, here, scope or {})]
        for node in written:
            path.append(node)
            total += sum(1 for _ in every((node,)))
            if total > MOST_NODES:
                raise ProtocolError(f"more than {MOST_NODES} steps when written out; shorten it", here)
    return tuple(path)


def _written_out(kind: str, value: object, where: Where, scope: Scope) -> Iterator[Node]:
    """The rounds of a `repeat` one after the other, or the levels of a `sweep` as side paths."""
    item = _mapping(value, where, (kind, "do", "arms", "skip"))
    if "do" not in item:
        raise ProtocolError(f"{kind} needs `do`, the steps of each round", where)
    beside = {key: _typed(tuple[str, ...], item[key], (*where, key)) for key in ("arms", "skip") if key in item}
    levels = list(rounds(filled(item[kind], scope, (*where, kind)), scope, (*where, kind)))
    if item["do"] == []:
        raise ProtocolError("nothing is to be done; give `do` at least one step", (*where, "do"))
    if len(levels) * size(item["do"]) > MOST_VALUES:
        raise ProtocolError(f"more than {MOST_VALUES} values when written out; shorten it", where)
    for inner, count in levels:
        path = _path(item["do"], (*where, "do"), inner)
        if kind == "sweep":
            yield Node(fork=path, label=(count,), **beside)
        else:
            for node in path:
                if beside and (node.arms or node.skip):
                    raise ProtocolError("arms or skip inside and beside a repeat; keep one of them", where)
                yield replace(node, label=(count, *node.label), **beside)


def _node(value: object, where: Where, scope: Scope) -> Node:
    item = _mapping(value, where, (*STEPS, *_MANY, *_BESIDE), what="step")
    item = {key: inner if key == "fork" else filled(inner, scope, (*where, key)) for key, inner in item.items()}
    kinds = [key for key in item if key in STEPS]
    if len(kinds) > 1:
        raise ProtocolError(f"{' and '.join(kinds)} in one step; write them as two, each with its own dash", where)
    if isinstance(item.get("at"), Mapping):
        item["at"] = listed(item["at"], (*where, "at"))
    fields: dict[str, Any] = {}
    if kinds:
        fields["step"], fields["draws"] = _step(kinds[0], item[kinds[0]], (*where, kinds[0]))
    if "when" in item:
        fields["when"] = When.parse(item["when"], (*where, "when"))
    if "fork" in item:
        fields["fork"] = _path(item["fork"], (*where, "fork"), scope)
    for key in item.keys() & set(_BESIDE) - {"when", "fork"}:
        fields[key] = _typed(_BESIDE[key], item[key], (*where, key))
    return Node(**fields)


def _step(kind: str, value: object, where: Where) -> tuple[Step, tuple[tuple[Place, Trait], ...]]:
    """The step, with the medians of what is drawn for each subject, and the draws."""
    if STEPS[kind].shorthand and not isinstance(value, Mapping):
        value = {STEPS[kind].shorthand: value}
    fields = _mapping({} if value is None else value, where)
    draws = tuple(found(fields, where))
    medians = {place: drawn.median for place, drawn in draws}
    for place, drawn in draws:
        for source, limit in drawn.limits:
            try:
                with_drawn(STEPS[kind], fields, medians | {place: limit}, where)
            except ProtocolError as error:
                raise ProtocolError(f"{source}{error.problem}", error.where) from None
    return with_drawn(STEPS[kind], fields, medians, where), draws


def with_drawn(kind: type[Step], fields: Mapping[str, Any], numbers: Mapping[Place, float], where: Where = ()) -> Step:
    """A step with numbers in place of distributions; rounded if the field is a count."""
    whole = {name for name, field in kind.model_fields.items() if field.annotation is int}
    rounded = {p: round(n) if len(p) == 1 and p[0] in whole else n for p, n in numbers.items()}
    return _model(kind, placed(fields, rounded), where)


def _variant(value: object, where: Where) -> Variant:
    item = _mapping(value, where, ("of", "control", "changes"))
    if "of" not in item:
        raise ProtocolError("of is missing; name the arm that it is made of", where)
    changes = _sequence(item.get("changes", []), (*where, "changes"))
    return Variant(
        of=_typed(str, item["of"], (*where, "of")),
        changes=tuple(one for i, change in enumerate(changes) for one in _change(change, (*where, "changes", i))),
        control=_typed(str, item.get("control", ""), (*where, "control")),
    )


def _change(value: object, where: Where) -> Iterator[Change]:
    """The change that a mapping says; `set` with `then` are two, one after the other."""
    item = _mapping(value, where, ("step", "in", "condition", "which", "set", "into", "at", "then"))
    kind, section = item.get("step"), item.get("in", "")
    if not isinstance(kind, str) or kind not in STEPS:
        raise ProtocolError(unknown("step", kind, STEPS), where)
    if section not in ("", "induction", "treatment", "follow_up"):
        raise ProtocolError(f"{section!r} is no section; allowed: induction, treatment, follow_up", (*where, "in"))
    if "condition" in item and kind != "assess":
        raise ProtocolError(f"{kind} has no condition; only assessments are named by theirs", (*where, "condition"))
    kinds = fields_of(Change)
    about: dict[str, Any] = {
        "step": kind,
        "section": section,
        **{key: _typed(kinds[key], item[key], (*where, key)) for key in ("condition", "which") if key in item},
    }
    fields = _mapping(item.get("set", {}), (*where, "set"), STEPS[kind].model_fields)
    at = _typed(tuple[int, ...], item["at"], (*where, "at")) if "at" in item else None
    if "into" in item:
        if also := [key for key in ("set", "at", "then") if key in item]:
            raise ProtocolError(f"into and {also[0]} in one change; write them as two", (*where, also[0]))
        yield Replace(**about, into=_bare(item["into"], (*where, "into")))
        return
    if fields or at is not None:
        yield Set(**about, set=fields, at=at)
    if "then" in item:
        yield Append(**about, then=_bare(item["then"], (*where, "then")))
    elif not fields and at is None:
        yield Remove(**about)


def _bare(value: object, where: Where) -> Step:
    """A step with nothing beside it."""
    node = _node(value, where, {})
    if node.step is None or node != Node(step=node.step):
        raise ProtocolError("expected one step alone, got more beside it", where)
    return node.step


def _dump_variant(variant: Variant) -> dict[str, Any]:
    changes = []
    for change in variant.changes:
        out: dict[str, Any] = {"step": change.step}
        if change.section:
            out["in"] = change.section
        if change.condition:
            out["condition"] = change.condition
        if change.which:
            out["which"] = list(change.which)
        if isinstance(change, Set):
            out |= {"set": dict(change.set)} if change.set else {}
            out |= {"at": list(change.at)} if change.at is not None else {}
        for key, step in (("into", getattr(change, "into", None)), ("then", getattr(change, "then", None))):
            if step is not None:
                out[key] = {step.kind: step.model_dump(mode="json", exclude_none=True)}
        changes.append(out)
    control = {"control": variant.control} if variant.control else {}
    return {"of": variant.of, **control, "changes": changes}


def parse_primary(value: object, where: Where = ()) -> tuple[Endpoint, ...]:
    """Primary endpoints from plain data: the value of the key `primary`.

    Raises
    ------
    ProtocolError : with the place, the value and what is allowed.
    """
    made = []
    for index, text in enumerate(_sequence(value, where)):
        try:
            made.append(Endpoint.parse(_typed(str, text, (*where, index))))
        except ProtocolError as error:
            raise error if error.where else ProtocolError(str(error), (*where, index)) from None
    return tuple(made)


def _rule(value: object, where: Where) -> Derived:
    item = _mapping(value, where, RULES, what="rule")
    if len(item) != 1:
        raise ProtocolError(f"give one rule of {', '.join(RULES)}", where)
    ((kind, fields),) = item.items()
    return _model(RULES[kind], fields, (*where, kind))


def _network(value: object, where: Where) -> Architecture:
    item = dict(_mapping(value, where))
    kind = item.pop("kind", DEFAULT_ARCHITECTURE)
    if not isinstance(kind, str) or kind not in ARCHITECTURES:
        raise ProtocolError(unknown("network", kind, ARCHITECTURES), (*where, "kind"))
    try:
        network: Architecture = _typed(ARCHITECTURES[kind], item, where)
    except ProtocolError as error:
        raise error if error.where else ProtocolError(str(error), where) from None
    return network


def _task(value: object, where: Where, folder: FilePath | None) -> Task:
    item = dict(_mapping(value, where))
    kind = item.pop("kind", DEFAULT_TASK)
    if not isinstance(kind, str) or kind not in TASKS:
        raise ProtocolError(unknown("task", kind, TASKS), (*where, "kind"))
    for key in location_fields(TASKS[kind]):
        if folder is not None and isinstance(item.get(key), str):
            item[key] = str(folder / item[key])
    try:
        task: Task = _typed(TASKS[kind], item, where)
    except ProtocolError as error:
        raise error if error.where else ProtocolError(str(error), where) from None
    return task
