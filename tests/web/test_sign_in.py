from tests.factories import PASSWORD, make_coordinator
from tests.web.page import PageClient


def test_the_right_password_opens_the_office(client: PageClient) -> None:
    person = make_coordinator(name="Marit Zuidema")

    response = client.submit("/inloggen", email=person.email.upper(), password=PASSWORD)

    assert response.status_code == 303
    assert response.location == "/kantoor/"
    assert "Marit Zuidema" in client.page("/kantoor/").text
