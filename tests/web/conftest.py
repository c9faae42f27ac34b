"""What tests of pages stand on: a client that checks each page, and people who are signed in."""

import pytest
from flask import Flask

from outreach.accounts.models import Role
from tests.factories import make_coordinator, sign_in
from tests.web.page import PageClient


@pytest.fixture
def client(app: Flask) -> PageClient:
    """Someone without an account."""
    app.test_client_class = PageClient
    client = app.test_client()
    assert isinstance(client, PageClient)
    return client


@pytest.fixture
def own_client(own_app: Flask) -> PageClient:
    """Someone without an account, at an application to which the test may add routes."""
    own_app.test_client_class = PageClient
    client = own_app.test_client()
    assert isinstance(client, PageClient)
    return client


@pytest.fixture
def coordinator(client: PageClient) -> PageClient:
    """A coordinator at work."""
    sign_in(client, make_coordinator(name="Marit Zuidema"))
    return client


@pytest.fixture
def reader(app: Flask, client: PageClient) -> PageClient:
    """Someone who may only look."""
    other = app.test_client()
    sign_in(other, make_coordinator(role=Role.READER))
    assert isinstance(other, PageClient)
    return other


@pytest.fixture
def owner(app: Flask, client: PageClient) -> PageClient:
    """A beheerder."""
    other = app.test_client()
    sign_in(other, make_coordinator(role=Role.OWNER))
    assert isinstance(other, PageClient)
    return other
