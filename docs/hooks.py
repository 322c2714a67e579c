"""Hook of MkDocs: pages can link to files outside docs/ with the links that work on GitHub.

MkDocs only includes the files in docs/. This hook adds a page for each document in `DOCUMENTS` and for each Python file
that a page links to, copies the other files that a page links to, and rewrites the links to the site's paths.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
# Document of the repository -> its page in the site.
DOCUMENTS = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "function/README.md": "sample-function.md",
}
# The folder of the site for all other files of the repository.
SOURCE = "source"
# The target of a link to another file, without its anchor.
TARGET = re.compile(r"(?<=\]\()[^)\s:#]+")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the documents outside docs/, and every file outside docs/ that a page links to."""
    for document, uri in DOCUMENTS.items():
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / document)))
    for page in list(files.documentation_pages()):
        for link in TARGET.findall(page.content_string):
            path = _file_of(link, page.src_uri)
            if path is not None and files.get_file_from_path(_uri_of(path)) is None:
                files.append(_copy_of(path, config))
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: object) -> str:
    """Rewrite the links of a page from the repository's paths to the site's."""
    uri = page.file.src_uri

    def rewrite(link: re.Match[str]) -> str:
        path = _file_of(link[0], uri)
        return link[0] if path is None else posixpath.relpath(_uri_of(path), posixpath.dirname(uri))

    return markdown if uri.startswith(f"{SOURCE}/") else TARGET.sub(rewrite, markdown)


def _file_of(link: str, uri: str) -> Path | None:
    """Return the repository's file that a page links to; None if there is none, which MkDocs reports."""
    documents = {page: document for document, page in DOCUMENTS.items()}
    path = (ROOT / documents.get(uri, f"docs/{uri}")).parent.joinpath(link).resolve()
    return path if path.is_file() and path.is_relative_to(ROOT) else None


def _uri_of(path: Path) -> str:
    """Return the path in the site of a file of the repository."""
    name = path.relative_to(ROOT).as_posix()
    if name.startswith("docs/"):
        return name.removeprefix("docs/")
    ending = ".md" if path.suffix == ".py" else ""
    return DOCUMENTS.get(name, f"{SOURCE}/{name}{ending}")


def _copy_of(path: Path, config: MkDocsConfig) -> File:
    """Return a page that shows a Python file, or a copy of any other file."""
    if path.suffix != ".py":
        return File.generated(config, _uri_of(path), abs_src_path=str(path))
    title = path.relative_to(ROOT).as_posix()
    page = f"---\ntitle: {title}\n---\n\n# {title}\n\n```python\n{path.read_text()}```\n"
    return File.generated(config, _uri_of(path), content=page)
