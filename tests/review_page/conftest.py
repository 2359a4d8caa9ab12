"""A page over a few rows, served from a thread of the tests."""

import pytest
import review_rows

pytest.importorskip("starlette", reason="needs the extra [review]")

from hf_sft_builders.reviewing import Session
from hf_sft_builders.reviewing.library import Library
from hf_sft_builders.reviewing.server import start


@pytest.fixture
def serve(tmp_path):
    """Serve a dataset; gives a client, whose `base` is the address of the dataset."""
    running = []

    def serve(ds, **options):
        session = Session.open(ds, overlay=tmp_path / "rows.review.sqlite", name="rows")
        page = start(Library([session]), port=0, **{"reviewer": "mei", "language": "en", **options})
        running.append((page, session))
        client = review_rows.Client(page.url)
        client.base = Library([session]).only.rstrip("/")
        client.session = session
        return client

    yield serve
    for page, session in running:
        page.stop()
        session.close()


@pytest.fixture
def page(serve):
    """A page over 20 rows."""
    return serve(review_rows.rows())
