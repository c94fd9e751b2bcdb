"""The only way out: every byte that this program sends to another machine on its own account goes through `client.Client`.

The sole user of aiohttp and aiohttp_socks, imported with the first request: they cost 15 MB that an instance without federation
need not pay. No other room opens sockets, but for the server that listens.
"""
