"""Pages of stories: step by step, and as one page that needs nothing else."""

from __future__ import annotations

from importlib import resources

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from resynapse.lab.context import Lab, lab_of, relative
from resynapse.lab.reading.stories import DEFAULT, Story, Teller, parse, stories
from resynapse.lab.workspace.workspace import UnknownError


def _story(lab: Lab, name: str) -> Story:
    found = stories(lab.workspace)
    if name not in found:
        raise UnknownError(f"no story {name!r} here; the first one is {DEFAULT}")
    return parse(found[name], name)


def first(_: Request) -> Response:
    """To the story that ships."""
    return RedirectResponse(relative("/story", f"/story/{DEFAULT}/1"), 303)


def step(request: Request) -> Response:
    """One step of a story."""
    lab = lab_of(request)
    name, number = request.path_params["name"], int(request.path_params["number"])
    story = _story(lab, name)
    if not 1 <= number <= len(story.steps):
        raise UnknownError(f"this story has {len(story.steps)} steps; begin with the first")
    teller, chosen = Teller(lab.workspace, lab.live), story.steps[number - 1]
    return lab.page(
        request, "story.html.j2", story=story, name=name, number=number, step=chosen, about=teller.about(story),
        chart=teller.chart(story, chosen), others=[one for one in stories(lab.workspace) if one != name],
    )  # fmt: skip


def whole(request: Request) -> Response:
    """The story as one page that opens from disk, without a script and without a network."""
    lab = lab_of(request)
    name = request.path_params["name"]
    story = _story(lab, name)
    teller = Teller(lab.workspace, lab.live)
    style = (resources.files("resynapse.lab") / "static" / "lab.css").read_text("utf-8")
    page = lab.page(
        request, "story_whole.html.j2", story=story, about=teller.about(story),
        charts=[teller.chart(story, one) for one in story.steps], style=Markup(style),
    )  # fmt: skip
    page.headers["content-disposition"] = f'attachment; filename="story-{name}.html"'
    page.headers["content-security-policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return page


ROUTES: list[BaseRoute] = [
    Route("/story", first),
    Route("/story/{name}/{number:int}", step),
    Route("/story/{name}/page", whole),
]
