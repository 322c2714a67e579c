"use strict";
// Runs in the engine, loaded by javascript.py before the provider's assembly. It changes two things in the node process.
const Module = require("module");

// 1. The provider's index has a line for each of its modules: `exports.sqsQueue = require("./sqs-queue");`, or with
// `__importStar(require("./sqs-queue/index"))`, as newer compilers write it. Each becomes a getter that does the same
// later, as jsii's own compiler writes for lazy packages. Every other line and every other file stays as it is.
const PROVIDER = /[\\/]@cdktf[\\/]provider-aws[\\/]/;
const INDEX = /[\\/]@cdktf[\\/]provider-aws[\\/]lib[\\/]index\.js$/;
const EAGER = /^exports\.(\w+) = ((?:__importStar\()?require\("\.\/[\w/-]+"\)\)?);$/gm;
const ON_DEMAND = 'Object.defineProperty(exports, "$1", { enumerable: true, configurable: true, get: () => $2 });';
const rewriteIndex = (source) => source.replace(EAGER, ON_DEMAND);

// 2. cdktf records the whole stack for each token and block. For a Python program that stack is always the engine's own
// loop, and recording it takes a quarter of the engine's time. DDB_STREAM_LAMBDA_STACK_TRACES=1 keeps the recording.
const STACK_TRACE = /[\\/]cdktf[\\/]lib[\\/]tokens[\\/]private[\\/]stack-trace\.js$/;
const KEEP_STACK_TRACES = process.env.DDB_STREAM_LAMBDA_STACK_TRACES === "1";
const recordsStacks = (filename) => !KEEP_STACK_TRACES && STACK_TRACE.test(filename);
// cdktf has no switch, so its function is replaced. cdktn does not call that function if its own switch is on.
const stopRecording = (module) => {
  module.exports.captureStackTrace = () => [];
};
// The switch of cdktn, which cdktf does not read. A value that the user set stays.
if (!KEEP_STACK_TRACES) process.env.CDKTN_DISABLE_CREATION_STACK ??= "1";

let compiledFiles = 0;
const compile = Module.prototype._compile;
Module.prototype._compile = function (content, filename, ...rest) {
  if (PROVIDER.test(filename)) compiledFiles += 1;
  const source = INDEX.test(filename) ? rewriteIndex(content) : content;
  const compiled = compile.call(this, source, filename, ...rest);
  if (recordsStacks(filename)) stopRecording(this);
  return compiled;
};
Object.values(Module._cache)
  .filter((module) => recordsStacks(module.filename))
  .forEach(stopRecording);

// What Python reads, by the name and property in the assembly that javascript.py writes.
class Hook {
  // The number of the provider's files that node has compiled so far.
  static get compiledFiles() {
    return compiledFiles;
  }
}

// All but `Hook` is for the tests, which hold the patterns to the installed packages.
module.exports = { Hook, INDEX, EAGER, STACK_TRACE, rewriteIndex };
