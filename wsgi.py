"""What a WSGI server loads: `waitress-serve wsgi:app`. No jobs run here; see `outreach serve`."""

from config import Settings
from outreach.app import create_app

app = create_app(Settings())
