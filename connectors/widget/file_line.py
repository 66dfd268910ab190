"""The customer's files over HTTP: sent with the conversation's token, and fetched with it.

A file is answered with 200 only after it is committed with its message; the same client id again gets the same receipt.
"""

from __future__ import annotations

from aiohttp import web

from bot.conversation.files import FileRefused
from bot.conversation.limits import TEXT_LIMIT, TextRefused
from bot.service.outcomes import Refused
from bot.store.errors import UnknownConversation
from connectors.frames import ApiError, json_response
from connectors.uploads import Uploads, file_response, refused
from connectors.widget.http_line import HttpLine


class FileLine:
    """The two routes for files."""

    def __init__(self, http: HttpLine) -> None:
        self._http = http
        self._uploads = Uploads()

    def register(self, app: web.Application) -> None:
        """Add the routes."""
        for path in ("/widget/files", "/widget/files/{file}"):
            app.router.add_route("OPTIONS", path, self._http.preflight)
        app.router.add_post("/widget/files", self._upload)
        app.router.add_get("/widget/files/{file}", self._file)

    async def _upload(self, request: web.Request) -> web.Response:
        """A file of the customer, acknowledged like a message and as dear as one."""
        opened = await self._http.admitted(request, counts=True)
        upload = await self._uploads.take(request)
        try:
            receipt = await self._http.services.files.receive(
                opened.conversation_id,
                upload.data,
                client_id=upload.client_id,
                name=upload.name,
                caption=upload.text,
            )
        except FileRefused as error:
            raise refused(error) from error
        except TextRefused as error:
            raise ApiError(422, error.code, f"error_{error.code}", limit=str(TEXT_LIMIT)) from error
        except Refused as error:
            raise ApiError(400, "bad_frame", "error_bad_frame") from error
        except UnknownConversation as error:
            raise ApiError(401, "expired", "error_expired") from error
        message = receipt.message
        return json_response(
            {"client_id": upload.client_id, "message_id": message.id, "seq": message.seq, "at": message.at}
        )

    async def _file(self, request: web.Request) -> web.Response:
        """A file of this conversation, and of no other."""
        opened = await self._http.admitted(request, counts=False)
        files = self._http.services.files
        return file_response(await files.content(request.match_info["file"], conversation_id=opened.conversation_id))
