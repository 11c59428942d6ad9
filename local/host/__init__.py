"""The local stand-in for the .NET Functions host: `python -m local.host`.

It runs the function app on Microsoft's own Python runtime (`azure-functions-runtime-v1`) and
imitates only the .NET half around it. Reading order: `settings` and `app` (what is hosted),
`call` and `runtime` (how a function runs), `payload` and `webhook` (what Event Grid posts),
`queue_trigger`, `http_trigger`, `state`, `admin`, `server` (the endpoints), `serve` and `lifetime`
(from start to stop).
"""
