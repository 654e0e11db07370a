"""Conversations written down: what the clients send, and what each must hear, word for word.

    1> SEARCH RETURN (MIN) ALL          client 1 sends this, with a tag
    < * ESEARCH (TAG "...") MIN 1       and hears this ...
    < OK [...                           ... and this at the end of the command

`...` stands for anything.  The lines heard are all of the answer, in this order.  `\\r\\n` in a
line sent begins a new one (for non-synchronising literals)."""
import re


def _pattern(line):
    return re.compile("".join(".*" if part == "..." else re.escape(part)
                              for part in re.split(r"(\.\.\.)", line)).encode(), re.DOTALL)


def _steps(text):
    """[(client, command, [expected lines])]"""
    steps = []
    for line in filter(None, (one.strip() for one in text.splitlines())):
        sent = re.match(r"(\d)> (.*)", line)
        if sent:
            steps.append((int(sent.group(1)), sent.group(2).replace(r"\r\n", "\r\n"), []))
        else:
            assert line.startswith("<"), line
            steps[-1][2].append(line[1:].strip())
    return steps


def converse(clients, text):
    for client, command, expected in _steps(text):
        reply = clients[client - 1].command(command)
        heard = reply.untagged + [reply.text]
        fits = len(heard) == len(expected) and all(
            _pattern(wanted).fullmatch(line) for wanted, line in zip(expected, heard))
        assert fits, "\n".join([f"{client}> {command}", "expected:", *expected,
                                "heard:", *(line.decode(errors="replace") for line in heard)])
