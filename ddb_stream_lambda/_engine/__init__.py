"""The only package that uses internals of jsii, node and cdktf.

cdktf is a TypeScript library. jsii runs it in a node process (the engine) and gives each of its classes to Python. This
package depends on four kinds of internals; the versions in `TESTED_WITH` are the ones that its tests ran with:

* `tokens` reads the marks that cdktf puts on values that only Terraform knows.
* `creation` gives checked arguments to the engine without the bindings' second check.
* `structs` reads the values of the bindings' configuration structs.
* `failures` separates the engine's errors from Python's.
* `bindings` and `hook.js` change the user's process, as below.

`installation` checks before all this that the distribution of this package is the one for the program's tool.

What importing ``ddb_stream_lambda`` changes in the user's process:

1. **The provider's package is imported on demand.** ``sys.modules`` gets a module in place of
   ``cdktf_cdktf_provider_aws`` that imports a submodule at its first use. A program that imported the provider's
   package before keeps it, and gets one `ImportOrderWarning`. ``DDB_STREAM_LAMBDA_IMPORT_ON_DEMAND=0`` turns this off,
   and the two changes below with it.
2. **The provider's JavaScript index is lazy.** ``hook.js`` rewrites its lines, one for each module, while node compiles
   it. If that has no effect, the first resource of a pattern gives a `RuntimeWarning` with the tested versions.
3. **Construct stack traces are off, for the whole process**: also for constructs of the user. They name lines of the
   engine, never lines of Python, and cost a quarter of the engine's time. ``DDB_STREAM_LAMBDA_STACK_TRACES=1`` keeps
   them. With cdktn, ``CDKTN_DISABLE_CREATION_STACK`` in the environment takes precedence.

The classes, their identity and the emitted Terraform stay the same.
"""

# Distribution -> the version that the tests of this package ran with.
TESTED_WITH = {
    "cdktf": "0.21.0",
    "cdktf-cdktf-provider-aws": "21.22.1",
    "constructs": "10.8.1",
    "jsii": "1.142.0",
}
