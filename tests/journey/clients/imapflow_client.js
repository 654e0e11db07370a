// imapflow over TLS through the scenario of test_imap_clients.py; its parser is strict,
// and anything it warns of ends the program.  Then QRESYNC from an old state.
'use strict';
const assert = require('node:assert');
const { once } = require('node:events');
const fs = require('node:fs');
const { ImapFlow } = require('imapflow');

const files = Object.fromEntries(['text', 'parts', 'octets', 'all-octets'].map(name =>
    [name, fs.readFileSync(`${process.env.IMAP_FILES}/${name}`)]));
const DATE = new Date('2024-03-05T06:07:08+01:00');
const complaints = [];

function done(step) {
    assert.deepStrictEqual(complaints, []);
    console.log(`done ${step}`);
}

function client(more) {
    const complain = entry => complaints.push(JSON.stringify(entry, (key, it) => typeof it === 'bigint' ? `${it}` :
        it instanceof Error ? `${it.stack} ${JSON.stringify({ ...it })}` : it));
    const flow = new ImapFlow({
        host: 'localhost', port: Number(process.env.IMAP_PORT), secure: true,
        tls: { ca: fs.readFileSync(process.env.IMAP_CA) },
        auth: { user: process.env.IMAP_USER, pass: process.env.IMAP_PASSWORD },
        logger: { trace() {}, debug() {}, info() {}, warn: complain, error: complain, fatal: complain },
        qresync: true, ...more
    });
    flow.on('error', error => complain({ error }));
    return flow;
}

async function collect(source) {
    const pieces = [];
    for await (const piece of source) pieces.push(piece);
    return Buffer.concat(pieces);
}

async function folders(flow) {
    for (const name of ['Größe', 'Größe/Übung & Söhne', 'Größe/weg', '日本語'])
        assert.strictEqual((await flow.mailboxCreate(name)).created, true);
    await flow.mailboxRename('日本語', 'Archiv ✓');
    await flow.mailboxDelete('Größe/weg');
    await flow.mailboxSubscribe('Größe');
    const list = await flow.list({ statusQuery: { messages: true, unseen: true } });
    const names = list.map(it => it.path);
    for (const name of ['INBOX', 'Größe', 'Größe/Übung & Söhne', 'Archiv ✓']) assert(names.includes(name), name);
    assert.strictEqual(list.find(it => it.path === 'Größe').subscribed, true);
    assert.strictEqual(list.find(it => it.path === 'Größe').status.messages, 0);
    assert.strictEqual((await flow.mailboxCreate('Größe')).created, false);
    done('folders');
}

async function append(flow) {
    const flags = { text: ['\\Seen'], parts: ['\\Flagged', '\\Draft', '$Label1'], octets: [] };
    for (const [at, name] of ['text', 'parts', 'octets'].entries()) {
        const answer = await flow.append('Größe', files[name], flags[name], DATE);
        assert.strictEqual(answer.uid, at + 1);
    }
    done('append');
}

async function fetchAll(flow) {
    const mailbox = await flow.mailboxOpen('Größe');
    assert.strictEqual(mailbox.exists, 3);
    assert(mailbox.highestModseq > 0n && !mailbox.noModseq);
    const names = ['text', 'parts', 'octets'];
    let count = 0;
    for await (const message of flow.fetch('1:*', {
        uid: true, flags: true, envelope: true, bodyStructure: true, internalDate: true, size: true, source: true,
        threadId: true, headers: true
    })) {
        const name = names[message.seq - 1];
        assert(message.source.equals(files[name]), `octets of ${name}`);
        assert.strictEqual(message.size, files[name].length);
        assert.strictEqual(message.internalDate.getTime(), DATE.getTime());
        assert(message.emailId && message.threadId, 'OBJECTID');
        assert(message.modseq > 0n);
        count++;
    }
    assert.strictEqual(count, 3);
    const two = await flow.fetchOne('2', { flags: true });
    assert.deepStrictEqual([...two.flags].filter(it => it !== '\\Recent').sort(), ['$Label1', '\\Draft', '\\Flagged']);
    done('fetch');
}

async function parts(flow) {
    const { bodyStructure } = await flow.fetchOne('2', { bodyStructure: true }, { uid: true });
    assert.deepStrictEqual(bodyStructure.childNodes.map(it => it.type),
        ['text/plain', 'application/octet-stream', 'message/rfc822']);
    const attachment = await flow.download('2', '2', { uid: true, chunkSize: 1000 });
    assert.strictEqual(attachment.meta.filename, 'alle Bytes.bin');
    assert((await collect(attachment.content)).equals(files['all-octets']), 'attachment');
    const text = await flow.download('2', '1', { uid: true });
    assert.strictEqual((await collect(text.content)).toString().trim(), 'Grüße aus Köln');
    const whole = await flow.download('2', undefined, { uid: true, chunkSize: 1000 });
    assert((await collect(whole.content)).equals(files.parts), 'in pieces');
    const many = await flow.downloadMany('2', ['1', '2'], { uid: true });
    assert(many['2'].content.equals(files['all-octets']), 'downloadMany');
    const { source } = await flow.fetchOne('2', { source: { start: 100, maxLength: 50 } });
    assert(source.equals(files.parts.subarray(100, 150)));
    done('parts');
}

async function search(flow) {
    assert.deepStrictEqual(await flow.search({ subject: 'für' }), [2]);
    assert.deepStrictEqual(await flow.search({ body: 'Übermut' }, { uid: true }), [1]);
    assert.deepStrictEqual(await flow.search({ or: [{ seen: true }, { keyword: '$Label1' }] }), [1, 2]);
    assert.deepStrictEqual(await flow.search({ since: DATE, not: { flagged: true } }), [1, 3]);
    assert.deepStrictEqual(await flow.search({ modseq: 1n, body: 'nowhere' }), []);
    done('search');
}

async function flags(flow) {
    const { highestModseq } = await flow.status('Größe', { highestModseq: true });
    await flow.messageFlagsRemove('2', ['\\Draft']);
    await flow.messageFlagsAdd('3', ['\\Answered', 'Neu'], { silent: true });
    await flow.messageFlagsSet('1', ['\\Flagged']);
    const changed = await flow.fetchAll('1:*', { flags: true }, { changedSince: highestModseq });
    const told = changed.map(it => [it.seq, [...it.flags].filter(flag => flag !== '\\Recent').sort()]);
    assert.deepStrictEqual(told, [[1, ['\\Flagged']], [2, ['$Label1', '\\Flagged']], [3, ['Neu', '\\Answered']]]);
    done('flags');
}

async function copyAndMove(flow) {
    const copied = await flow.messageCopy('2', 'Größe/Übung & Söhne', { uid: true });
    assert.deepStrictEqual([...copied.uidMap], [[2, 1]]);
    done('copy');
    const vanished = once(flow, 'expunge');
    const moved = await flow.messageMove('1', 'Archiv ✓', { uid: true });
    assert.deepStrictEqual([...moved.uidMap], [[1, 1]]);
    assert.strictEqual((await vanished)[0].uid, 1);
    assert.deepStrictEqual(await flow.search({ all: true }, { uid: true }), [2, 3]);
    done('move');
}

async function expunge(flow) {
    const vanished = once(flow, 'expunge');
    assert.strictEqual(await flow.messageDelete('3', { uid: true }), true);
    assert.strictEqual((await vanished)[0].uid, 3);
    assert.deepStrictEqual(await flow.search({ all: true }, { uid: true }), [2]);
    await flow.mailboxCreate('weg');
    await flow.mailboxDelete('weg');
    done('expunge');
}

async function idle(flow) {
    await flow.mailboxOpen('INBOX');
    const woken = once(flow, 'exists');
    const idling = flow.idle();
    console.log('mail awaited by imapflow');
    const [{ count, prevCount }] = await woken;
    assert.deepStrictEqual([count, prevCount], [1, 0]);
    assert.strictEqual((await flow.fetchOne('*', { envelope: true })).envelope.subject, 'awaited by imapflow');
    await idling;
    done('idle');
}

// What another session changed meanwhile comes with the SELECT, and no more than that.
async function resync(flow) {
    const { uidValidity, highestModseq } = await flow.mailboxOpen('Größe/Übung & Söhne');
    await flow.mailboxOpen('INBOX');
    const other = client({ disableIMAP4rev2: true, disableCompression: true });
    await other.connect();
    await other.append('Größe/Übung & Söhne', files.text);
    await other.mailboxOpen('Größe/Übung & Söhne');
    await other.messageFlagsAdd('1', ['\\Answered'], { uid: true });
    await other.messageDelete('2', { uid: true });
    await other.logout();
    const seen = [], gone = [];
    flow.on('flags', it => seen.push(it.uid));
    flow.on('expunge', it => gone.push(it.uid));
    const again = await flow.mailboxOpen('Größe/Übung & Söhne', { changedSince: highestModseq, uidValidity });
    assert.strictEqual(again.qresync, true);
    assert.deepStrictEqual([seen, gone], [[1], [2]]);
    await flow.messageFlagsRemove('1', ['\\Answered'], { uid: true });
}

async function main() {
    const flow = client();
    await flow.connect();
    for (const name of ['IMAP4rev2', 'UTF8=ACCEPT', 'CONDSTORE', 'QRESYNC'])
        assert([...flow.enabled].some(it => it.toUpperCase() === name.toUpperCase()), `${name} is enabled`);
    done('sign in');
    for (const step of [folders, append, fetchAll, parts, search, flags, copyAndMove, expunge, idle, resync])
        await step(flow);
    await flow.logout();
    done('sign out');
}

main().catch(error => {
    console.log(error.stack, complaints.join('\n'));
    process.exit(1);
});
