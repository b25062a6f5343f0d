#include "tests/types/type_values.h"

namespace lockstitch::tests {

// Geometry, and what lies in networks.
std::vector<TypeValues> ShapeTypes() {
  return {
      {"point", {"'(0,-0)'", "'(NaN,Infinity)'", "'(-Infinity,5e-324)'", "'(1e308,-0.1)'"}},
      {"line", {"'{1,-1,0}'", "'{0,-1,0.1}'", "'{-0.5,1e300,NaN}'"}},
      {"lseg", {"'[(0,0),(0,0)]'", "'[(-0,1e308),(NaN,-Infinity)]'"}},
      {"box",
       {"'(1,1),(-1,-0.1)'", "'(0,0),(0,0)'", "'(Infinity,Infinity),(-Infinity,-Infinity)'"}},
      {"path",
       {"'[(0,0)]'", "'((0,0))'", "'[(0,0),(1,-0),(NaN,Infinity)]'", "'((0,0),(1,1),(2,0.1))'",
        "(SELECT '[' || string_agg('(' || n || ',-0)', ',') || ']' FROM generate_series(1, 2000) "
        "n)"}},
      {"polygon",
       {"'((0,0))'", "'((0,-0),(1,1),(2,0.1))'", "'((Infinity,0),(-Infinity,1))'",
        "(SELECT '(' || string_agg('(' || n || ',-0)', ',') || ')' FROM generate_series(1, 2000) "
        "n)"}},
      {"circle", {"'<(0,0),0>'", "'<(-0,1e-300),Infinity>'", "'<(1,2),3.3>'"}},
      {"inet",
       {"'0.0.0.0/0'", "'255.255.255.255'", "'10.1.2.3/8'", "'::'", "'::/0'", "'::ffff:1.2.3.4/96'",
        "'2001:db8:ffff:ffff:ffff:ffff:ffff:ffff/127'"}},
      {"cidr",
       {"'0.0.0.0/0'", "'10.0.0.0/8'", "'1.2.3.4/32'", "'::/0'", "'2001:db8::/32'", "'::1/128'"}},
      {"macaddr", {"'00:00:00:00:00:00'", "'ff:ff:ff:ff:ff:ff'", "'08:00:2b:01:02:03'"}},
      {"macaddr8",
       {"'00:00:00:00:00:00:00:00'", "'ff:ff:ff:ff:ff:ff:ff:ff'", "'08:00:2b:01:02:03:04:05'"}},
      {"uuid",
       {"'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
        "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"}},
  };
}

}  // namespace lockstitch::tests
