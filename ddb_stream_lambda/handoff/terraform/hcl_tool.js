// Lays out and parses HCL with the libraries of cdktf's command line.
//
// Usage: node hcl_tool.js FOLDER...
// The libraries are looked for as Node.js does it, from each folder. Each line on standard input is a JSON object with
// "format" and "parse": texts by their names. The line on standard output has the results by the same names: texts, and
// the JSON text of the parsed configuration; or "errors" by the name of the text. The first line of output has the
// libraries that were found.
"use strict";

const readline = require("readline");

const folders = process.argv.slice(2);

function load(name) {
  try {
    return require(require.resolve(`@cdktf/${name}`, { paths: folders }));
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    return undefined;
  }
}

const formatter = load("hcl-tools");
const parser = load("hcl2json");
const parseJson = JSON.parse;
// The parser returns JavaScript's numbers, which have fewer digits than Terraform's. Keep the JSON text that it reads.
JSON.parse = (text) => text;

async function run(texts, convert, errors) {
  const results = {};
  for (const [name, text] of Object.entries(texts || {})) {
    try {
      results[name] = await convert(text);
    } catch (error) {
      errors[name] = String(error.message || error);
    }
  }
  return results;
}

async function answer(line) {
  const request = parseJson(line);
  const errors = {};
  const format = await run(request.format, (text) => formatter.format(text), errors);
  const parse = await run(request.parse, (text) => parser.parse("bundle.tf", text), errors);
  return { format, parse, errors };
}

function write(value) {
  process.stdout.write(JSON.stringify(value) + "\n");
}

async function main() {
  write({ formatter: Boolean(formatter), parser: Boolean(parser) });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    write(await answer(line));
  }
  // The libraries keep the process alive.
  process.exit(0);
}

main();
