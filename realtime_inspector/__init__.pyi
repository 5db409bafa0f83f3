from realtime_inspector.analysis.finding import Finding as Finding
from realtime_inspector.analysis.finding import Severity as Severity
from realtime_inspector.analysis.lint import Linter as Linter
from realtime_inspector.analysis.turns import Turn as Turn
from realtime_inspector.analysis.turns import turns as turns
from realtime_inspector.analysis.why import Why as Why
from realtime_inspector.errors import InspectorError as InspectorError
from realtime_inspector.errors import RecordingError as RecordingError
from realtime_inspector.errors import UpstreamError as UpstreamError
from realtime_inspector.errors import UsageError as UsageError
from realtime_inspector.library import events as events
from realtime_inspector.library import export as export
from realtime_inspector.library import lint as lint
from realtime_inspector.library import mock as mock
from realtime_inspector.library import open_recording as open_recording
from realtime_inspector.library import open_recordings as open_recordings
from realtime_inspector.library import session_of as session_of
from realtime_inspector.library import why as why
from realtime_inspector.protocol.event import Event as Event
from realtime_inspector.protocol.realtime.session import Session as Session
from realtime_inspector.recording.entry import Entry as Entry
from realtime_inspector.recording.entry import Header as Header
from realtime_inspector.recording.entry import Kind as Kind
from realtime_inspector.recording.entry import Side as Side
from realtime_inspector.recording.readable import Readable as Readable

__version__: str
__all__: list[str]
