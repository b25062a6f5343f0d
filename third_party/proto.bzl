"""C++ code from .proto files, by Debian's protoc and grpc_cpp_plugin."""

def proto_cc_library(name, src, import_root, deps = [], grpc = False, **kwargs):
    """One cc_library from one .proto file.

    Args:
      name: the library.
      src: the .proto file.
      import_root: the folder, from the workspace, that imports are relative to.
      deps: proto_cc_library targets of the files it imports.
      grpc: whether the file holds services.
      **kwargs: passed to the cc_library.
    """
    stem = src[:-len(".proto")]
    suffixes = [".pb.h", ".pb.cc"] + ([".grpc.pb.h", ".grpc.pb.cc"] if grpc else [])
    outs = [stem + suffix for suffix in suffixes]
    plugin = "--plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin --grpc_out=$(GENDIR)/" + import_root if grpc else ""
    native.filegroup(
        name = name + "_proto_files",
        srcs = [src] + [dep + "_proto_files" for dep in deps],
        visibility = kwargs.get("visibility"),
    )
    native.genrule(
        name = name + "_generate",
        srcs = [name + "_proto_files"],
        outs = outs,
        cmd = " ".join([
            "/usr/bin/protoc -I" + import_root + " -I/usr/include",
            "--cpp_out=$(GENDIR)/" + import_root,
            plugin,
            native.package_name() + "/" + src,
        ]),
    )
    native.cc_library(
        name = name,
        srcs = [out for out in outs if out.endswith(".cc")],
        hdrs = [out for out in outs if out.endswith(".h")],
        strip_include_prefix = "/" + import_root,
        deps = deps + (["//third_party:grpc"] if grpc else ["//third_party:protobuf"]),
        **kwargs
    )
