// Starts node-geocoder with HERE's batch geocoder on our host: `node node_geocoder.mjs MODULES BASE < addresses.json`.
// The client has no setting for its host; its `fetch` option gets one that changes the host and nothing else.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [modules, base] = process.argv.slice(2);
const require = createRequire(join(modules, 'here.js'));
const nodeFetch = require('node-fetch');
const NodeGeocoder = require('node-geocoder');

const { addresses, options } = JSON.parse(readFileSync(0, 'utf8'));
const geocoder = NodeGeocoder({
  provider: 'here',
  fetch: (url, init) => nodeFetch(url.replace('https://batch.geocoder.ls.hereapi.com', base), init),
  ...options,
});
console.log(JSON.stringify(await geocoder.batchGeocode(addresses)));
