// Asks the official libraries what consent strings say: a JSON line in, a JSON line out.
// In:  {"tcf": text, "vendors": [number ...]} or {"gpp": text}
// Out: see `tcf` and `gpp`; null where the library throws, "exhausted" where it does not end in time.
import { createInterface } from 'node:readline';
import vm from 'node:vm';
import { TCString } from '@iabtechlabtcf/core';
import {
  GppModel, HeaderV1, Sections, TcfCaV1CoreSegment,
} from '@iabgpp/cmpapi';

const LIMIT_MS = 250;

function tcf({ tcf: text, vendors }) {
  const model = TCString.decode(text);
  const restrictions = model.publisherRestrictions;
  return {
    version: model.version,
    created: Math.round(model.created.getTime() / 100),
    updated: Math.round(model.lastUpdated.getTime() / 100),
    cmp: model.cmpId,
    policy: model.policyVersion,
    specific: model.isServiceSpecific,
    treatment: model.purposeOneTreatment,
    country: model.publisherCountryCode,
    features: [...model.specialFeatureOptins.values()],
    consents: [...model.purposeConsents.values()],
    interests: [...model.purposeLegitimateInterests.values()],
    disclosing: model.vendorsDisclosed.bitLength > 0,
    nobody: restrictions.getVendors().includes(0),
    vendors: vendors.map((vendor) => ({
      consent: model.vendorConsents.has(vendor),
      interest: model.vendorLegitimateInterests.has(vendor),
      disclosed: model.vendorsDisclosed.has(vendor),
      restrictions: restrictions.getRestrictions(vendor).map((one) => [one.purposeId, one.restrictionType]),
    })),
  };
}

// Whether each list of vendors would be written so again, by the first coding or by the second.
function written(text) {
  const fits = [true, true];
  let either = true;
  for (const part of text.split('.')) {
    const core = part >= 'A' && part < 'I';
    if (!core && !(part >= 'I' && part < 'Q')) {
      continue;
    }
    const segment = core ? new TcfCaV1CoreSegment(part) : disclosedSegment(part);
    const bits = segment.base64UrlEncoder.decode(part);
    const both = [false, true].map((legacy) => segment.tryDecode(bits, segment.buildFields(false), legacy));
    either &&= both[0] || both[1];
    if (core) {
      fits[0] &&= both[0];
      fits[1] &&= both[1];
    }
  }
  return { written: either, twofold: fits[0] && fits[1] };
}

// The library does not export this class; a section of its own holds one.
function disclosedSegment(part) {
  const model = new GppModel();
  model.decodeSection('tcfcav1', part);
  return model.sections.get('tcfcav1').segments[2];
}

function section(id, text) {
  const name = Sections.SECTION_ID_NAME_MAP.get(id);
  if (name === undefined) {
    return undefined;
  }
  const model = new GppModel();
  model.decodeSection(name, text);
  const found = model.getSection(name);
  if (name === 'tcfcav1') {
    return { ...found, ...written(text) };
  }
  return name === 'tcfeuv2' ? {} : found;
}

function gpp({ gpp: text }) {
  const [header, ...texts] = text.split('~');
  const ids = attempt(() => new HeaderV1(header).getFieldValue('SectionIds'));
  const sections = {};
  if (ids !== null && ids.length === texts.length) {
    ids.forEach((id, place) => {
      sections[id] = attempt(() => section(id, texts[place])) ?? null;
    });
  }
  return { ids, whole: attempt(() => { new GppModel(text).toObject(); return true; }) === true, sections };
}

function attempt(ask) {
  try {
    return ask();
  } catch (error) {
    if (error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
      throw error;
    }
    return null;
  }
}

// Some damaged strings list numbers by the million: whoever asks the library must be able to stop it.
const script = new vm.Script('globalThis.ask()');
for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  globalThis.ask = () => attempt(() => ('tcf' in question ? tcf(question) : gpp(question)));
  let answer;
  try {
    answer = script.runInThisContext({ timeout: LIMIT_MS });
  } catch (error) {
    answer = 'exhausted';
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
