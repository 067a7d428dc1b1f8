"""A local socket that leads to a server with TLS, for sockets of libzmq. By Python's ssl, without any
of our code."""
import asyncio
import os
import ssl
import tempfile
import threading


def open_tunnel(address, authorities, certificate, key):
    """Returns the address of the local socket. Every connection reads the files anew."""
    host, port = address.split("//")[1].rsplit(":", 1)
    path = os.path.join(tempfile.mkdtemp(), "tunnel")

    def context():
        context = ssl.create_default_context(cafile=authorities)
        context.check_hostname = False
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(certificate, key)
        return context

    async def pump(reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def serve(local_reader, local_writer):
        try:
            reader, writer = await asyncio.open_connection(host, int(port), ssl=context())
        except OSError:
            return local_writer.close()
        await asyncio.gather(pump(reader, local_writer), pump(local_reader, writer))

    started = threading.Event()

    async def run():
        server = await asyncio.start_unix_server(serve, path)
        started.set()
        await server.serve_forever()

    threading.Thread(target=lambda: asyncio.run(run()), daemon=True).start()
    started.wait(10)
    return "ipc://" + path
