"""Export and import of settings."""

from lemmy_lite.domain import settings_backup
from lemmy_lite.http.api_v3.call import UserCall
from lemmy_lite.http.api_v3.wire.answer import SuccessResponse
from lemmy_lite.model.settings_backup import UserSettingsBackup, UserSettingsImport


async def export_settings(call: UserCall) -> UserSettingsBackup:
    """One's settings and lists as a file."""
    return await call.database.read(settings_backup.export, call.viewer)


async def import_settings(call: UserCall, file: UserSettingsImport) -> SuccessResponse:
    """Take such a file in; what its lists name is looked up after the answer."""
    await call.database.write(settings_backup.take_in, call.context, call.viewer, file)
    call.federation.take_in(call.viewer.id, file)
    return SuccessResponse(success=True)
