"use strict";
// The engine's half of provider.py: the provider's index loads a resource's code when it is first asked for.
//
// The index is 2,212 lines `exports.sqsQueue = require("./sqs-queue");`. Each becomes a getter that does the same
// later, as the bindings' own compiler writes for lazy packages; any other line, and any other file, stays as it is.
const Module = require("module");

const INDEX = /[\\/]@cdktf[\\/]provider-aws[\\/]lib[\\/]index\.js$/;
const EAGER = /^exports\.(\w+) = require\("(\.\/[\w-]+)"\);$/gm;
const ON_DEMAND =
  'Object.defineProperty(exports, "$1", { enumerable: true, configurable: true, get: () => require("$2") });';

const compile = Module.prototype._compile;
Module.prototype._compile = function (content, filename, ...rest) {
  const source = INDEX.test(filename) ? content.replace(EAGER, ON_DEMAND) : content;
  return compile.call(this, source, filename, ...rest);
};
