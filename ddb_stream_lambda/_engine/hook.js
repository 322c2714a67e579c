"use strict";
// The engine's half of provider.py: two things that the engine does for every program, and none of Python needs.
const Module = require("module");

// The provider's index is 2,212 lines `exports.sqsQueue = require("./sqs-queue");`. Each becomes a getter that does the
// same later, as the bindings' own compiler writes for lazy packages; any other line, and any other file, stays as it is.
const INDEX = /[\\/]@cdktf[\\/]provider-aws[\\/]lib[\\/]index\.js$/;
const EAGER = /^exports\.(\w+) = require\("(\.\/[\w-]+)"\);$/gm;
const ON_DEMAND =
  'Object.defineProperty(exports, "$1", { enumerable: true, configurable: true, get: () => require("$2") });';

// cdktf records for every token and block the whole stack that made it. From Python that stack is always the engine's
// own loop, of use to nobody, and recording it is a quarter of the engine's work.
const STACKS = /[\\/]cdktf[\\/]lib[\\/]tokens[\\/]private[\\/]stack-trace\.js$/;
const recordNoStacks = (module) => {
  module.exports.captureStackTrace = () => [];
};

const compile = Module.prototype._compile;
Module.prototype._compile = function (content, filename, ...rest) {
  const source = INDEX.test(filename) ? content.replace(EAGER, ON_DEMAND) : content;
  const compiled = compile.call(this, source, filename, ...rest);
  if (STACKS.test(filename)) recordNoStacks(this);
  return compiled;
};
Object.values(Module._cache)
  .filter((module) => STACKS.test(module.filename))
  .forEach(recordNoStacks);
