"""The page and its data."""

import azure.functions as func

from desk import application, page


def main(request: func.HttpRequest) -> func.HttpResponse:
    """Answer one request."""
    path = "/" + request.route_params.get("path", "")
    status, headers, body = page.respond(
        application.desk(),
        request.method,
        path,
        request.params,
        request.headers,
        request.get_body(),
    )
    return func.HttpResponse(
        body, status_code=status, headers=headers, mimetype=headers.get("content-type")
    )
