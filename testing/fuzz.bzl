"""Fuzz targets: what reads bytes or text is fed with input that nobody thought of."""

def cc_fuzz_test(name, deps, size = "small"):
    """A target of <name>.cc, whose inputs are kept in <name>.corpus/.

    As a test it is fed with those alone. Under --config=fuzz it is libFuzzer's program, which tools/fuzz runs.

    Args:
      name: the target, the file without .cc, and the folder without .corpus.
      deps: what it reads with.
      size: of the test over the corpus.
    """
    corpus = name + ".corpus"
    native.cc_test(
        name = name,
        size = size,
        srcs = [name + ".cc"],
        args = [native.package_name() + "/" + corpus],
        data = native.glob([corpus + "/**"]),
        linkopts = select({
            "//testing:fuzzing": ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        tags = ["fuzz"],
        deps = deps + ["//testing:fuzz_target"] + select({
            "//testing:fuzzing": [],
            "//conditions:default": ["//testing:fuzz_corpus"],
        }),
    )
