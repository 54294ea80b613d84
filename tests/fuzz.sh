#!/usr/bin/env bash
# Fuzzes what reads strangers' bytes with AFL++ and SharpFuzz: one process at the lowest priority, so many seconds a target.
#   tests/fuzz.sh [SECONDS] [pdf|sections|cms|changes]...
# What ends a target is left in TestResults/fuzz/TARGET/out/default/crashes; mend it, and put the input into
# tests/Identity.Verification.Tests/Corpus/found-inputs.txt, which every test run replays. Seeds are made here, by the test kit.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds="${1:-60}"
shift || true
targets=("${@:-pdf}")
[ $# -gt 0 ] || targets=(pdf sections cms changes)
command -v afl-fuzz >/dev/null || { echo "afl-fuzz is missing: apt-get install afl++"; exit 2; }

root="$PWD" work="${FUZZ_WORK:-$PWD/TestResults/fuzz}"
mkdir -p "$work/app"
dotnet build tests/Identity.TestKit -c Release -m:1 --nologo -v q
dotnet build src/Identity.Verification -c Release -m:1 --nologo -v q
[ -x "$work/tools/sharpfuzz" ] || dotnet tool install SharpFuzz.CommandLine --version 2.3.0 --tool-path "$work/tools"

cat > "$work/app/fuzz.csproj" <<PROJECT
<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings><Nullable>enable</Nullable><ManagePackageVersionsCentrally>false</ManagePackageVersionsCentrally>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="SharpFuzz" Version="2.3.0" />
    <PackageReference Include="BouncyCastle.Cryptography" Version="2.7.0" />
    <Compile Include="$root/tests/Identity.Verification.Tests/Corpus/FuzzTargets.cs" />
    <Reference Include="$root/src/Identity.Verification/bin/Release/net10.0/Identity.Verification.dll" />
    <Reference Include="$root/src/Identity.Verification/bin/Release/net10.0/Identity.P*.dll" />
    <Reference Include="$root/src/Identity.Verification/bin/Release/net10.0/Identity.Web.dll" />
    <Reference Include="$root/src/Identity.Verification/bin/Release/net10.0/Identity.Audit.dll" />
    <Reference Include="$root/tests/Identity.TestKit/bin/Release/net10.0/Identity.TestKit.dll" />
  </ItemGroup>
</Project>
PROJECT
# Nothing of the checkout's own build rules: this is no part of it.
echo '<Project />' > "$work/app/Directory.Build.props"
echo '<Project />' > "$work/app/Directory.Packages.props"
cat > "$work/app/Program.cs" <<'PROGRAM'
using Identity.Verification.Tests.Corpus;

if (args is ["seeds", var target, var folder])
{
    var at = 0;
    foreach (var seed in FuzzTargets.Seeds(target))
        File.WriteAllBytes(Path.Combine(folder, $"seed{at++}"), seed);
    return;
}
SharpFuzz.Fuzzer.OutOfProcess.Run(stream =>
{
    using var input = new MemoryStream();
    stream.CopyTo(input);
    FuzzTargets.Run(args[0], input.ToArray());
});
PROGRAM
rm -rf "$work/bin"
dotnet build "$work/app" -c Release --nologo -v q -o "$work/bin"
# Before the assemblies are instrumented: what is then in them runs under AFL++ only.
for target in "${targets[@]}"; do
  rm -rf "${work:?}/$target"
  mkdir -p "$work/$target/in"
  dotnet "$work/bin/fuzz.dll" seeds "$target" "$work/$target/in"
done
for assembly in Identity.Pdf Identity.Pkix Identity.Verification; do
  "$work/tools/sharpfuzz" "$work/bin/$assembly.dll"
done

export AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 AFL_FORKSRV_INIT_TMOUT=60000 DOTNET_gcServer=0
for target in "${targets[@]}"; do
  nice -n 19 afl-fuzz -i "$work/$target/in" -o "$work/$target/out" -V "$seconds" -t 5000 -m none -- dotnet "$work/bin/fuzz.dll" "$target" > "$work/$target/log" 2>&1 || tail -5 "$work/$target/log"
  printf '%s: %s inputs tried, %s kept, %s crashes, %s hangs\n' "$target" \
    "$(sed -n 's/^execs_done *: //p' "$work/$target/out/default/fuzzer_stats")" "$(ls "$work/$target/out/default/queue" | wc -l)" \
    "$(ls "$work/$target/out/default/crashes" | grep -vc README || true)" "$(ls "$work/$target/out/default/hangs" | wc -l)"
done
