// The usual receiver in Node: checks the signature over the raw body, keeps ids and webhooks in memory, answers.
// Environment: PORT, SECRET.  GET /known says how many webhooks it holds.
'use strict';
const crypto = require('crypto');
const express = require('express');

const secret = process.env.SECRET;
const app = express();
const seen = new Set();
const queue = [];

function signed(body, signature) {
	const expected = Buffer.from(crypto.createHmac('sha256', secret).update(body).digest('hex'));
	const given = Buffer.from(signature || '');
	return given.length === expected.length && crypto.timingSafeEqual(given, expected);
}

app.post('/webhook', express.raw({ type: 'application/json', limit: '1mb' }), (request, response) => {
	if (!signed(request.body, request.get('X-Webhook-Signature')))
		return response.status(401).json({ error: 'signature' });
	let event;
	try {
		event = JSON.parse(request.body);
	} catch (e) {
		return response.status(400).json({ error: 'json' });
	}
	const id = event.verification_id + ' ' + event.event;
	if (seen.has(id))
		return response.json({ status: 'duplicate' });
	seen.add(id);
	queue.push(event);
	return response.json({ status: 'accepted' });
});

app.get('/known', (request, response) => response.type('text').send(String(queue.length)));

app.listen(Number(process.env.PORT), '127.0.0.1');
