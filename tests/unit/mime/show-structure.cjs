// The structure of each file named on standard input as an npm package sees it: a line with the
// name, a tab and the types of the parts.  For tests/unit/mime/compare-parsers, which says in
// NODE_PATH where the packages are.  usage: node show-structure.cjs postal-mime|mailsplit
'use strict';
const fs = require('fs');

async function postalMime(octets) {
	const PostalMime = require('postal-mime').default || require('postal-mime');
	const parser = new PostalMime();
	await parser.parse(octets);
	return shapeOfPostal(parser.root);
}

async function shapeOfPostal(node) {
	const type = node.contentType.parsed.value || 'text/plain';
	if (node.contentType.multipart) {
		const parts = [];
		for (const child of node.childNodes) parts.push(await shapeOfPostal(child));
		return `${type}(${parts.join(' ')})`;
	}
	// It hands a message inside to a parser of its own.
	if (type === 'message/rfc822' && node.content) return `${type}(${await postalMime(Buffer.from(node.content))})`;
	return type;
}

function mailsplit(octets) {
	const { Splitter } = require('mailsplit');
	return new Promise((resolve, reject) => {
		const splitter = new Splitter(), children = new Map(), roots = [];
		splitter.on('error', reject);
		splitter.on('data', data => {
			if (data.type !== 'node') return;
			children.set(data, []);
			(data.parentNode ? children.get(data.parentNode) : roots).push(data);
		});
		const shape = node => {
			const type = node.contentType || 'text/plain', parts = children.get(node).map(shape);
			return parts.length || node.multipart ? `${type}(${parts.join(' ')})` : type;
		};
		splitter.on('end', () => resolve(roots.length ? shape(roots[0]) : 'none'));
		splitter.end(octets);
	});
}

async function main() {
	const show = process.argv[2] === 'mailsplit' ? mailsplit : postalMime;
	for (const path of fs.readFileSync(0, 'utf8').split('\n').filter(line => line)) {
		const octets = fs.readFileSync(path).toString('latin1').replace(/\r?\n/g, '\r\n');
		let shape;
		try {
			shape = await show(Buffer.from(octets, 'latin1'));
		} catch (error) {
			shape = 'none';
		}
		process.stdout.write(`${path}\t${shape}\n`);
	}
}

main();
