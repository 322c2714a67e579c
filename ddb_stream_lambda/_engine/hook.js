"use strict";
// Runs in the engine, loaded by javascript.py before the provider's assembly. It changes two things in the node process.
const Module = require("module");

// 1. The provider's index is 2,212 lines `exports.sqsQueue = require("./sqs-queue");`. Each becomes a getter that does
// the same later, as jsii's own compiler writes for lazy packages. Every other line and every other file stays as it is.
const INDEX = /[\\/]@cdktf[\\/]provider-aws[\\/]lib[\\/]index\.js$/;
const EAGER = /^exports\.(\w+) = require\("(\.\/[\w-]+)"\);$/gm;
const ON_DEMAND =
  'Object.defineProperty(exports, "$1", { enumerable: true, configurable: true, get: () => require("$2") });';
const rewriteIndex = (source) => source.replace(EAGER, ON_DEMAND);

// 2. cdktf records the whole stack for each token and block. For a Python program that stack is always the engine's own
// loop, and recording it takes a quarter of the engine's time. DDB_STREAM_LAMBDA_STACK_TRACES=1 keeps the recording.
const STACK_TRACE = /[\\/]cdktf[\\/]lib[\\/]tokens[\\/]private[\\/]stack-trace\.js$/;
const KEEP_STACK_TRACES = process.env.DDB_STREAM_LAMBDA_STACK_TRACES === "1";
const recordsStacks = (filename) => !KEEP_STACK_TRACES && STACK_TRACE.test(filename);
const stopRecording = (module) => {
  module.exports.captureStackTrace = () => [];
};

const compile = Module.prototype._compile;
Module.prototype._compile = function (content, filename, ...rest) {
  const source = INDEX.test(filename) ? rewriteIndex(content) : content;
  const compiled = compile.call(this, source, filename, ...rest);
  if (recordsStacks(filename)) stopRecording(this);
  return compiled;
};
Object.values(Module._cache)
  .filter((module) => recordsStacks(module.filename))
  .forEach(stopRecording);

// For the tests, which hold the two patterns to the installed packages.
module.exports = { INDEX, EAGER, STACK_TRACE, rewriteIndex };
