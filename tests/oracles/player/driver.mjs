// Plays VAST with Dailymotion's vast-client, and writes down every address that it calls: a JSON line in, a JSON line out.
// In:  {"documents": {address: VAST ...}, "first": address, "seconds": number, "skip": boolean}
// Out: {"ads": [{"called": {event: [address ...]}, "click": address, "files": [...], "companions": [...],
//       "verifications": [...], "extensions": [type ...], "icons": [...], "skipAfter": number, -1 without,
//       "duration": number, "universal": [id, registry]}]}, or {"error": text}
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { VASTParser, VASTTracker } = require('vast-client');
const { DOMParser } = require('xmldom');

// What the library calls is loaded as an image: so the images are where to look.
let called = [];
globalThis.window = globalThis;
globalThis.Image = class {
  set src(address) {
    called.push(address);
  }
};

function during(act) {
  called = [];
  act();
  return called;
}

function tracked(ad, linear, { seconds, skip }) {
  const tracker = new VASTTracker(null, ad, linear);
  const found = {};
  let click = null;
  tracker.on('clickthrough', (address) => { click = address; });
  found.impression = during(() => { tracker.trackImpression(); tracker.trackImpression(); });
  for (let second = 0; second <= seconds; second += 0.25) {
    for (const address of during(() => tracker.setProgress(second))) {
      (found.progress ??= []).push([second, address]);
    }
  }
  found.click = during(() => tracker.click());
  found.end = during(() => (skip ? tracker.skip() : tracker.complete()));
  return { called: found, click, skipAfter: tracker.skipDelay };
}

function shown(ad, variation) {
  const creative = ad.creatives.find((each) => each.type === 'companion');
  const tracker = new VASTTracker(null, ad, creative, variation);
  let click = null;
  tracker.on('clickthrough', (address) => { click = address; });
  tracker.click();
  return {
    width: variation.width,
    height: variation.height,
    pictures: variation.staticResources.map((each) => (typeof each === 'string' ? each : each.url)),
    text: variation.altText,
    click,
  };
}

function played(ad, question) {
  const linear = ad.creatives.find((each) => each.type === 'linear');
  const companions = ad.creatives.filter((each) => each.type === 'companion');
  return {
    ...tracked(ad, linear, question),
    duration: linear.duration,
    files: linear.mediaFiles.map((each) => ({ url: each.fileURL, type: each.mimeType, width: each.width })),
    icons: linear.icons.map((each) => each.iconClickThroughURLTemplate),
    universal: [linear.universalAdId?.value ?? null, linear.universalAdId?.idRegistry ?? null],
    companions: companions.flatMap((each) => each.variations).map((each) => shown(ad, each)),
    verifications: ad.adVerifications.map((each) => ({
      vendor: each.vendor, script: each.resource, framework: each.apiFramework, parameters: each.parameters,
    })),
    extensions: ad.extensions.map((each) => each.attributes.type),
  };
}

async function play(question) {
  const parser = new VASTParser();
  const get = (address, options, answer) => {
    const text = question.documents[address];
    if (text === undefined) {
      answer(new Error(`nobody answers at ${address}`));
    } else {
      answer(null, new DOMParser().parseFromString(text, 'text/xml'), { byteLength: text.length });
    }
  };
  const response = await parser.getAndParseVAST(question.first, { urlHandler: { get }, wrapperLimit: 5 });
  return { ads: response.ads.map((ad) => played(ad, question)) };
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = await play(JSON.parse(line));
  } catch (error) {
    answer = { error: String(error.stack ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
