"""A mail server for tests: it answers by a script and writes what it took into files.

It is not ours on purpose: Debian's python3-aiosmtpd judges how we speak SMTP.

usage: smtp_sink.py --folder DIR [--answers 250,451,drop] [--certificate PEM --key PEM]
                    [--tls starttls|implicit|none] [--login USER:PASSWORD]
Answers are taken in turn, one a message; the last one stays. 250 takes the mail, 4xx and 5xx refuse it
after DATA, `rcpt-550` (any number) refuses the recipient, `drop` takes the mail and closes the connection
without an answer, `slow` takes it and answers after half a minute. Prints `port N` when it listens; writes DIR/NNN.eml and DIR/events.log.
"""

import argparse
import asyncio
import pathlib
import ssl

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


class Sink:
    """The handler: one script of answers, one folder of mails."""

    def __init__(self, folder, answers):
        self.folder = folder
        self.answers = answers
        self.taken = 0

    def next_answer(self):
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def log(self, server, word, envelope):
        layer = server.transport.get_extra_info("ssl_object")
        tls = layer.version() if layer else "no"
        line = f"{word} tls={tls} from={envelope.mail_from} to={envelope.rcpt_tos}\n"
        with open(self.folder / "events.log", "a", encoding="utf-8") as file:
            file.write(line)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.answers[0].startswith("rcpt-"):
            code = self.next_answer().removeprefix("rcpt-")
            self.log(server, f"rcpt-{code}", envelope)
            return f"{code} no such person here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        answer = self.next_answer()
        self.log(server, answer, envelope)
        if answer in ("250", "drop", "slow"):
            self.taken += 1
            part = self.folder / f"{self.taken:03}.part"
            part.write_bytes(envelope.content)
            part.rename(self.folder / f"{self.taken:03}.eml")
        if answer == "drop":
            server.transport.abort()
            await asyncio.sleep(0)
            return "421 gone"
        if answer == "slow":
            await asyncio.sleep(30)
        return "250 taken" if answer in ("250", "slow") else f"{answer} refused by the script"


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--answers", default="250")
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--tls", choices=["starttls", "implicit", "none"], default="none")
    parser.add_argument("--login")
    return parser.parse_args()


def main():
    said = arguments()
    context = None
    if said.tls != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(said.certificate, said.key)
    options = {"hostname": "localhost", "port": 0}
    if said.tls == "implicit":
        options["ssl_context"] = context
    if said.tls == "starttls":
        options.update(tls_context=context, require_starttls=True)
    if said.login:
        user, password = (part.encode() for part in said.login.split(":", 1))

        def judge(server, session, envelope, mechanism, data):
            right = isinstance(data, LoginPassword) and (data.login, data.password) == (user, password)
            return AuthResult(success=right)

        options.update(authenticator=judge, auth_required=True, auth_require_tls=said.tls == "starttls")
    serve(Sink(said.folder, said.answers.split(",")), options)


def serve(sink, options):
    # The factory of Controller, on a loop of our own: it can then tell the port that it was given.
    context = options.pop("ssl_context", None)
    port = options.pop("port")
    controller = Controller(sink, hostname="127.0.0.1", port=1, ssl_context=context, server_kwargs=options)

    async def run():
        loop = asyncio.get_running_loop()
        server = await loop.create_server(controller.factory, "127.0.0.1", port, ssl=context)
        print("port", server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(run())


main()
