# shellcheck shell=bash
# tool: npm
# does: npm install offline with a native addon that node-gyp compiles, npm test, npm ci, npx
# image: matrix
# version: npm --version
npm config set cache /opt/npm-cache
npm config set offline true
mkdir addon project
cat >addon/package.json <<'J'
{"name": "addon", "version": "1.0.0", "gypfile": true, "scripts": {"install": "node-gyp rebuild --nodedir=/usr/local/lib/node_modules/node"},
 "dependencies": {"node-addon-api": "^8"}}
J
cat >addon/binding.gyp <<'J'
{"targets": [{"target_name": "addon", "sources": ["addon.cc"], "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
  "defines": ["NAPI_DISABLE_CPP_EXCEPTIONS"]}]}
J
cat >addon/addon.cc <<'J'
#include <napi.h>
Napi::Value Answer(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), 42); }
Napi::Object Init(Napi::Env env, Napi::Object exports) { exports["answer"] = Napi::Function::New(env, Answer); return exports; }
NODE_API_MODULE(addon, Init)
J
echo "module.exports = require('./build/Release/addon.node');" >addon/index.js
find /usr/local/lib/node_modules/node* -name node_api.h | head -n 1 | xargs -r -n1 dirname >include
export npm_config_nodedir=/usr/local/lib/node_modules/node
if [[ -s include ]]; then npm_config_nodedir=$(dirname "$(dirname "$(<include)")"); fi
sed -i "s,--nodedir=[^\"]*,--nodedir=$npm_config_nodedir," addon/package.json
cd project
cat >package.json <<'J'
{"name": "project", "version": "1.0.0", "scripts": {"test": "node -e \"process.exit(require('addon').answer() === 42 ? 0 : 1)\""}}
J
npm install --no-audit --no-fund typescript@5
rm -rf node_modules
npm ci --no-audit --no-fund
[[ -x node_modules/.bin/tsc ]]
npm install --no-audit --no-fund --install-links ../addon
npm test
npx tsc --version | has '^Version 5'
