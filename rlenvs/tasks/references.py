"""What is documented about every family and level: chance, and a digest that changes if its problems do."""

# ruff: noqa: E501  (constants of programming families are programs)

from __future__ import annotations

from typing import NamedTuple


class Reference(NamedTuple):
    """Of a family at a level without options.

    Attributes:
        constant: The best constant answer.
        chance: Its score: the share of the first 6,000 training problems that it answers right, or of all if fewer.
        digest: Of the first problems (`audit.digest_of`).
    """

    constant: str
    chance: float
    digest: str


REFERENCES: dict[tuple[str, int], Reference] = {
    ("addition", 1): Reference("9", 0.1212, "b509dcc8127f"),
    ("addition", 2): Reference("101", 0.0112, "5f06c78b6420"),
    ("addition", 3): Reference("1246", 0.0022, "fb950fd66f47"),
    ("addition", 4): Reference("100581", 0.0005, "e158fe540125"),
    ("subtraction", 1): Reference("1", 0.1364, "8339b07d42fa"),
    ("subtraction", 2): Reference("0", 0.0107, "5027d8db3a65"),
    ("subtraction", 3): Reference("12", 0.0025, "2614e49fb62f"),
    ("subtraction", 4): Reference("12997", 0.0005, "96393a64338d"),
    ("multiplication", 1): Reference("0", 0.1970, "f0f5a0e1c9dd"),
    ("multiplication", 2): Reference("0", 0.1154, "e657d97dda54"),
    ("multiplication", 3): Reference("0", 0.0217, "94445eb26510"),
    ("multiplication", 4): Reference("0", 0.0012, "fff88d9c60b5"),
    ("division", 1): Reference("6r0", 0.0130, "16e522bf8a47"),
    ("division", 2): Reference("71r0", 0.0013, "b8a8bdbc8b3e"),
    ("division", 3): Reference("37r7", 0.0015, "0198422dfc34"),
    ("division", 4): Reference("1211r223", 0.0003, "677bdc82e4c3"),
    ("chain_sum", 1): Reference("6", 0.0496, "e77406825632"),
    ("chain_sum", 2): Reference("3", 0.0352, "14798f891bf0"),
    ("chain_sum", 3): Reference("61", 0.0062, "45321b963cd2"),
    ("chain_sum", 4): Reference("51", 0.0038, "c00279d4d6a1"),
    ("modular", 1): Reference("0", 0.2251, "4b7c5b83a450"),
    ("modular", 2): Reference("0", 0.1022, "be727bbfab8f"),
    ("modular", 3): Reference("0", 0.0243, "876459efa601"),
    ("gcd_lcm", 1): Reference("2", 0.2000, "30a5f9e2a2be"),
    ("gcd_lcm", 2): Reference("2", 0.2008, "9ee2037d58fa"),
    ("gcd_lcm", 3): Reference("2", 0.1848, "e330caa774bd"),
    ("base_conversion", 1): Reference("110", 0.0052, "f4a6d399033f"),
    ("base_conversion", 2): Reference("11001001000", 0.0008, "efee7db2de79"),
    ("base_conversion", 3): Reference("45531", 0.0005, "108e0bbde6b3"),
    ("fractions", 1): Reference("0", 0.0120, "9c538b2dbcb0"),
    ("fractions", 2): Reference("1", 0.0025, "ae5d4ac8c6c5"),
    ("fractions", 3): Reference("25/176", 0.0005, "b4556bb4df89"),
    ("linear_equation", 1): Reference("1", 0.0551, "6e5697a5dd1e"),
    ("linear_equation", 2): Reference("20", 0.0287, "2f075e053fd4"),
    ("linear_equation", 3): Reference("55", 0.0078, "605583e197d4"),
    ("linear_system", 1): Reference("-4,0", 0.0122, "da57e1c86c6f"),
    ("linear_system", 2): Reference("-9,-1", 0.0055, "301b806ed9ef"),
    ("linear_system", 3): Reference("41,44", 0.0008, "ca54978b2b50"),
    ("polynomial_roots", 1): Reference("-6,-3", 0.0101, "2d905683d09a"),
    ("polynomial_roots", 2): Reference("20,42", 0.0003, "9f863fa6b1b8"),
    ("polynomial_roots", 3): Reference("-23,-4,45", 0.0005, "b61253f72892"),
    ("factoring", 1): Reference("(x+6)(x+3)", 0.0101, "ff86a36bc698"),
    ("factoring", 2): Reference("(x-20)(x-42)", 0.0003, "75b9e5197036"),
    ("factoring", 3): Reference("(x+13)(x+7)(x-50)", 0.0003, "eff5b3742a29"),
    ("derivative", 1): Reference("-16x-4", 0.0039, "054bce9462c7"),
    ("derivative", 2): Reference("16x^3+15x^2+2x-7", 0.0005, "fad64deb8248"),
    ("derivative", 3): Reference("-72x^3-135x^2-168x-84", 0.0003, "d8d832bbc939"),
    ("sequence", 1): Reference("-36", 0.0032, "08def8331dd5"),
    ("sequence", 2): Reference("29", 0.0038, "569b42213da9"),
    ("sequence", 3): Reference("-43", 0.0028, "d86a345b5df1"),
    ("letter_count", 1): Reference("1", 0.2200, "db4faa5f510b"),
    ("letter_count", 2): Reference("3", 0.1408, "5ac15417f9ed"),
    ("letter_count", 3): Reference("6", 0.0698, "fdba292a7195"),
    ("reverse", 1): Reference("heai", 0.0002, "81ade869ab1e"),
    ("reverse", 2): Reference("gjgghf", 0.0003, "ea7a660dc716"),
    ("reverse", 3): Reference("iaebdicg", 0.0002, "834c12aeb0b6"),
    ("reverse", 4): Reference("iaeadjbgfhgf", 0.0002, "811cd0312150"),
    ("sort", 1): Reference("aefi", 0.0032, "e177f0061193"),
    ("sort", 2): Reference("aefhij", 0.0018, "ac6445367d04"),
    ("sort", 3): Reference("acdefhij", 0.0012, "1ed194e656d0"),
    ("sort", 4): Reference("bbcdeeffghij", 0.0007, "8e4a02363d3a"),
    ("rotate", 1): Reference("bbhb", 0.0008, "749b2a610286"),
    ("rotate", 2): Reference("idffbh", 0.0003, "39bfd0044619"),
    ("rotate", 3): Reference("eeeebjeg", 0.0003, "c717f4beeab7"),
    ("rotate", 4): Reference("aaighfchajgd", 0.0002, "026588a4cfab"),
    ("string_operation", 1): Reference("aehj", 0.0022, "6fe59396bdae"),
    ("string_operation", 2): Reference("adgghi", 0.0007, "f2bacd39e310"),
    ("string_operation", 3): Reference("abcdefij", 0.0008, "ac9c0de8946b"),
    ("string_operation", 4): Reference("aacdeefffghj", 0.0003, "38786d16a314"),
    ("brackets", 1): Reference(">>)}}>", 0.0003, "e708d69e19c5"),
    ("brackets", 2): Reference(")>>]}]}>", 0.0003, "f198816f0d31"),
    ("brackets", 3): Reference(">}", 0.0035, "67bc5d18f439"),
    ("countdown", 1): Reference("12+4-4", 0.0003, "86ee247c848b"),
    ("countdown", 2): Reference("4+8-9+6", 0.0007, "e34bc34453b4"),
    ("countdown", 3): Reference("14+18+19-18", 0.0003, "73a279f61b2d"),
    ("countdown", 4): Reference("2-1-21/(16-19)", 0.0002, "5249c8b8c277"),
    ("twentyfour", 1): Reference("10+4*4-2", 0.0023, "3c3daab06e3e"),
    ("twentyfour", 2): Reference("13*(11-9)-2", 0.0010, "8f191100efe1"),
    ("satisfiability", 1): Reference("0011", 0.1673, "a9837dba38f0"),
    ("satisfiability", 2): Reference("011010", 0.0585, "3f6e24954e1f"),
    ("satisfiability", 3): Reference("11010100", 0.0232, "ab239cf7d92d"),
    ("sudoku", 1): Reference("2431312412434312", 0.0140, "9511c5bdb273"),
    ("sudoku", 2): Reference("4123234134121234", 0.0153, "0c036f3de81d"),
    ("sudoku", 3): Reference("241653536124654312123465462531315246", 0.0005, "004c3f863707"),
    ("shortest_path", 1): Reference("DL", 0.0735, "4078319b2a4f"),
    ("shortest_path", 2): Reference("RRDD", 0.0163, "f8c933de9ea4"),
    ("shortest_path", 3): Reference("DDLLLLL", 0.0020, "4ca6b99a45b3"),
    ("steps", 1): Reference("(x-3+4)*2", 0.0034, "e57c5f627283"),
    ("steps", 2): Reference("(x+2)*2-1+6", 0.0012, "aeecdaae2f94"),
    ("steps", 3): Reference("(x+5)*4-9+9-8+3", 0.0007, "f9be6fdd60f0"),
    ("list_program", 1): Reference("ws", 0.1008, "b599c4f125a0"),
    ("list_program", 2): Reference("zs", 0.1027, "cb7e99685d64"),
    ("list_program", 3): Reference("sww", 0.1047, "1b6c159e7cff"),
    ("points", 1): Reference("10*x-16", 0.0025, "47e1102e6255"),
    ("points", 2): Reference("x*x-x-2", 0.0023, "493ca9fd326a"),
    ("points", 3): Reference("2*x*x+38*x+11", 0.0005, "689cb94242af"),
    ("list_function", 1): Reference("def f(a):\n return sum(x for x in a if x%2==0)", 0.0095, "2b718f08909c"),
    ("list_function", 2): Reference("def f(a):\n return len([x*9 for x in a if x>11])", 0.0055, "f4b8e2107583"),
    ("list_function", 3): Reference(
        "def f(a):\n return len([(x-3)*7 for x in a if x>6 and x>3])", 0.0010, "6c1de1b27e2f"
    ),
    ("string_function", 1): Reference(
        "def f(s):\n s=''.join(sorted(s))\n s=''.join(c*2 for c in s)\n return s", 0.0438, "bce3bc5afad2"
    ),
    ("string_function", 2): Reference(
        "def f(s):\n s=s[::-1]\n s=''.join(sorted(s))\n s=''.join(sorted(s))\n return s", 0.0272, "730328cc5dbe"
    ),
    ("string_function", 3): Reference(
        "def f(s):\n s=''.join(c*2 for c in s)\n s=''.join(sorted(s))\n s=''.join(sorted(s))\n s=''.join(c*2 for c in s)\n return s",
        0.0050,
        "a60f7fc1e378",
    ),
    ("loop", 1): Reference("def f(n):\n s=17\n for i in range(1,n+1):\n  s=s-3*i\n return s", 0.0037, "abb7c5feadeb"),
    ("loop", 2): Reference(
        "def f(n):\n s=19\n for i in range(1,n+1):\n  if i%2==1:\n   s=s-3*i\n return s", 0.0010, "944d8ba608e3"
    ),
    ("loop", 3): Reference(
        "def f(n):\n s=10\n for i in range(1,n+1):\n  if i%4==2:\n   s=(s*3-6*i*i)%13\n return s",
        0.0003,
        "1b3eb6807946",
    ),
    ("recurrence", 1): Reference("def f(n):\n a=0\n for i in range(n):\n  a=-2*a+6\n return a", 0.0032, "f5079d3786f2"),
    ("recurrence", 2): Reference(
        "def f(n):\n a,b=0,9\n for i in range(n):\n  a,b=b,-b-a-9\n return a", 0.0007, "3e7ed143f8e2"
    ),
    ("recurrence", 3): Reference(
        "def f(n):\n a,b,c=9,8,2\n for i in range(n):\n  a,b,c=b,c,(-2*c+2*b-a-3)%45\n return a", 0.0002, "1b30ebf79996"
    ),
    ("sort_key", 1): Reference(
        "def f(a):\n return sorted(a,key=lambda x:(sum(map(int,str(x))),-x))", 0.1007, "e02d00f8512b"
    ),
    ("sort_key", 2): Reference(
        "def f(a):\n return sorted(a,key=lambda x:(-sum(map(int,str(x))),-(x//7),x))", 0.0222, "13fe7ac5af3f"
    ),
    ("sort_key", 3): Reference(
        "def f(a):\n return sorted(a,key=lambda x:(sum(map(int,str(x))),-(x//7),abs(x-22),x))", 0.0215, "acfc15e1e8f0"
    ),
    ("grid_paths", 1): Reference(
        "def f(a):\n m=[(0,1),(2,1)]\n n=len(a[0])\n t=[[0]*n for r in a]\n for i in range(len(a)):\n  for j in range(n):\n   b=[t[i-y][j-x] for y,x in m if y<=i and x<=j and t[i-y][j-x]>=0]\n   if i+j==0:b=[1]\n   if b and a[i][j]<8:\n    t[i][j]=sum(b)\n return t[-1][-1]",
        0.0408,
        "bda89fb18045",
    ),
    ("grid_paths", 2): Reference(
        "def f(a):\n m=[(0,1),(1,2)]\n n=len(a[0])\n t=[[-1]*n for r in a]\n for i in range(len(a)):\n  for j in range(n):\n   b=[t[i-y][j-x] for y,x in m if y<=i and x<=j and t[i-y][j-x]>=0]\n   if i+j==0:b=[0]\n   if b and a[i][j]<8:\n    t[i][j]=a[i][j]+min(b)\n return t[-1][-1]",
        0.0167,
        "d1719e073777",
    ),
    ("grid_paths", 3): Reference(
        "def f(a):\n m=[(0,1),(1,1),(2,0),(1,2),(2,1)]\n n=len(a[0])\n t=[[-1]*n for r in a]\n for i in range(len(a)):\n  for j in range(n):\n   b=[t[i-y][j-x] for y,x in m if y<=i and x<=j and t[i-y][j-x]>=0]\n   if i+j==0:b=[0]\n   if b and a[i][j]<7:\n    t[i][j]=a[i][j]+min(b)\n return t[-1][-1]",
        0.0068,
        "4d1ede116df9",
    ),
    ("parsing", 1): Reference(
        "def f(s):\n a=[x for x in map(int,s.split(':')) if x<7]\n return sum(a)", 0.0035, "2d77a655cf52"
    ),
    ("parsing", 2): Reference(
        "def f(s):\n d=t=0\n for c in s:\n  if c=='<':d+=1\n  if c=='>':d-=1\n  if c=='b' and d>2:t+=1\n return t",
        0.0053,
        "eb698104c067",
    ),
    ("parsing", 3): Reference(
        "def f(s):\n r=[]\n for c in s:\n  if r and r[-1][0]==c:r[-1][1]+=1\n  else:r.append([c,1])\n return ':'.join(c+str(n) for c,n in r if n>3)",
        0.0098,
        "5f3ee554a67d",
    ),
    ("dynamic", 1): Reference(
        "def f(n):\n t=[0]\n for i in range(1,n+1):\n  b=[t[i-c] for c in [8,12] if c<=i and t[i-c]>=0]\n  t.append(1+min(b) if b else -1)\n return t[n]",
        0.0063,
        "2a9e8a9cfc9a",
    ),
    ("dynamic", 2): Reference(
        "def f(a):\n t=[]\n for i,x in enumerate(a):\n  t.append(1+max([t[j] for j in range(i) if 4<=x-a[j]<=9],default=0))\n return max(t)",
        0.0272,
        "39cacfb9a761",
    ),
    ("dynamic", 3): Reference(
        "def f(a):\n t=[]\n for i,x in enumerate(a):\n  t.append(1+max([t[j] for j in range(i) if 3<=x-a[j]<=7],default=0))\n return max(t)",
        0.0195,
        "e1c7c11361a0",
    ),
    ("repair", 1): Reference(
        "def f(a):\n return sorted(a,key=lambda x:(-sum(map(int,str(x))),-x))", 0.0210, "5cadb34c035f"
    ),
    ("repair", 2): Reference(
        "def f(a):\n return sorted(a,key=lambda x:(sum(map(int,str(x))),-(x//12),-x))", 0.0048, "f6ab14c19aa5"
    ),
    ("repair", 3): Reference(
        "def f(s):\n s=s[2:]+s[:2]\n s=''.join(sorted(s))\n s=''.join(sorted(s))\n s=''.join(sorted(s))\n return s",
        0.0020,
        "727409c6a88b",
    ),
    ("output", 1): Reference("0", 0.0182, "0f0f07ebc75e"),
    ("output", 2): Reference("0", 0.0220, "6308a8021864"),
    ("output", 3): Reference("0", 0.0278, "0daec59c12f9"),
}
