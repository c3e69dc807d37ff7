// Reads {"topojson": Topology, "geobuf": base64} and prints both as GeoJSON: `node decode_isolines.mjs MODULES`.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const require = createRequire(join(process.argv[2], 'here.js'));
const topojson = require('topojson-client');
const geobuf = require('geobuf');
const Pbf = require('pbf');

const given = JSON.parse(readFileSync(0, 'utf8'));
const [name] = Object.keys(given.topojson.objects);
console.log(JSON.stringify({
  topojson: topojson.feature(given.topojson, given.topojson.objects[name]),
  geobuf: geobuf.decode(new Pbf(Buffer.from(given.geobuf, 'base64'))),
}));
