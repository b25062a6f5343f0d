#include "testing/certificate_authority.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <vector>

#include "testing/child_process.h"

namespace lockstitch::testing {
namespace {

[[noreturn]] void Die(const std::string& what) {
  std::cerr << what << std::endl;
  std::abort();
}

void OpenSsl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  const CommandResult result = RunCommand({.command = arguments});
  if (result.status != 0) Die("openssl failed:\n" + result.err);
}

std::string Contents(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

CertificateAuthority::CertificateAuthority() {
  char path[] = "/tmp/authority.XXXXXX";
  if (mkdtemp(path) == nullptr) Die("mkdtemp");
  folder_ = path;
  OpenSsl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
           "-subj", "/CN=Test authority", "-days", "2", "-keyout", folder_ + "/authority.key",
           "-out", certificate_file()});
}

CertificateAuthority::~CertificateAuthority() { std::filesystem::remove_all(folder_); }

KeyPair CertificateAuthority::Issue(const std::string& name, int days) const {
  const std::string base = folder_ + "/issued";
  OpenSsl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
           "/CN=" + name, "-addext", "subjectAltName=DNS:" + name, "-keyout", base + ".key", "-out",
           base + ".csr"});
  OpenSsl({"x509", "-req", "-in", base + ".csr", "-CA", certificate_file(), "-CAkey",
           folder_ + "/authority.key", "-CAcreateserial", "-copy_extensions", "copy", "-days",
           std::to_string(days), "-out", base + ".crt"});
  return {.certificate = Contents(base + ".crt"), .key = Contents(base + ".key")};
}

std::string CertificateAuthority::File(const std::string& name, const std::string& content) const {
  const std::string path = folder_ + "/" + name;
  std::ofstream(path) << content;
  std::filesystem::permissions(
      path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return path;
}

}  // namespace lockstitch::testing
