// The policy that holds where no file says otherwise: safe to run an agent under, and lets every
// common tool work.
#include "policy/exec_config.h"
#include "policy/keys.h"
#include "policy/policy.h"

namespace agentbox::policy {
namespace {

// A build with many jobs has hundreds of processes and threads; a fork bomb is to end here before
// it takes the host's pids (kernel.pid_max is 32,768 on small machines).
constexpr std::int64_t kPidsLimit = 8192;

// What a person keeps at home that opens other doors: keys, tokens, sessions, histories.
Strings HiddenAtHome() {
  return {
      // Keys and passwords.
      "~/.ssh",
      "~/.gnupg",
      "~/.password-store",
      "~/.local/share/keyrings",
      "~/.pki",
      "~/.age",
      "~/.config/sops",
      "~/.config/op",
      "~/.config/1Password",
      "~/.config/Bitwarden*",
      "~/.config/keepassxc",
      "~/.vault-token",
      "~/.netrc",
      "~/.pgpass",
      "~/.my.cnf",
      "~/.mylogin.cnf",
      "~/.Xauthority",
      "~/.ICEauthority",
      // Clouds and clusters.
      "~/.aws",
      "~/.azure",
      "~/.config/gcloud",
      "~/.boto",
      "~/.s3cfg",
      "~/.config/rclone",
      "~/.oci",
      "~/.config/doctl",
      "~/.config/hcloud",
      "~/.config/heroku",
      "~/.fly",
      "~/.kube",
      "~/.config/helm/registry",
      "~/.terraform.d/credentials.tfrc.json",
      "~/.terraformrc",
      "~/.docker/config.json",
      "~/.config/containers/auth.json",
      // Forges and package registries.
      "~/.config/gh",
      "~/.config/hub",
      "~/.config/glab-cli",
      "~/.git-credentials",
      "~/.config/git/credentials",
      "~/.subversion/auth",
      "~/.npmrc",
      "~/.yarnrc",
      "~/.yarnrc.yml",
      "~/.pypirc",
      "~/.cargo/credentials",
      "~/.cargo/credentials.toml",
      "~/.gem/credentials",
      "~/.m2/settings.xml",
      "~/.m2/settings-security.xml",
      "~/.gradle/gradle.properties",
      // Browsers, mail and chat: cookies and stored passwords.
      "~/.mozilla",
      "~/.thunderbird",
      "~/.config/google-chrome*",
      "~/.config/chromium",
      "~/.config/BraveSoftware",
      "~/.config/microsoft-edge*",
      "~/.config/opera*",
      "~/.config/vivaldi*",
      "~/.config/Signal",
      "~/.config/Slack",
      "~/.config/discord",
      "~/.var/app",
      "~/snap",
      "~/.cache/mozilla",
      "~/.cache/google-chrome*",
      "~/.cache/chromium",
      // Wallets.
      "~/.bitcoin",
      "~/.ethereum",
      "~/.electrum",
      "~/.config/solana",
      // Histories, which hold what was typed by mistake.
      "~/.*_history",
      "~/.*_history-*",
      "~/.histfile",
      "~/.zsh_sessions",
      "~/.viminfo",
      "~/.lesshst",
      "~/.local/share/fish/fish_history",
      "~/.local/state/*/history",
  };
}

// The same in a project, and of homes what is not even to be shown on demand: most of it is in the
// list above, too, which `--show` makes exceptions from.
Strings DeniedFiles() {
  return {
      "~/.ssh",
      "~/.gnupg",
      "~/.aws",
      "~/.azure",
      "~/.config/gcloud",
      "~/.kube",
      "~/.docker/config.json",
      "~/.config/containers/auth.json",
      "~/.config/gh",
      "~/.git-credentials",
      "~/.netrc",
      "~/.npmrc",
      "~/.pypirc",
      "**/.env",
      "**/.env.*",
      "!**/.env.example",
      "!**/.env.sample",
      "!**/.env.template",
      "**/id_rsa*",
      "**/id_ecdsa*",
      "**/id_ed25519*",
      "**/*.pem",
      // The certificates that Python packages and others bring along to trust.
      "!**/cacert.pem",
      "**/*.key",
      "**/credentials.json",
  };
}

// Bind mounts of host directories, but for what engines keep themselves: their named volumes, and
// the secrets and settings that they hand to a container on purpose.
Strings DeniedInVolumes() {
  return {
      "**",
      "!/run/**",
      "!/var/run/**",
      "!/var/lib/docker/**",
      "!/var/lib/containerd/**",
      "!/var/lib/containers/**",
      "!/var/lib/kubelet/**",
      "!/var/lib/rancher/**",
      "!**/.local/share/docker/**",
      "!**/.local/share/containers/**",
  };
}

// What only root can read, and root within a sandbox should not.
Strings HiddenOfSystem() {
  return {
      "/etc/shadow",
      "/etc/shadow-",
      "/etc/gshadow",
      "/etc/gshadow-",
      "/etc/security/opasswd",
      "/etc/ssh/ssh_host_*_key",
      "/etc/ssl/private",
      "/etc/krb5.keytab",
      "/etc/letsencrypt",
      "/etc/NetworkManager/system-connections",
      "/etc/wireguard",
      "/etc/openvpn",
      "/etc/ipsec.secrets",
      "/etc/ppp/*-secrets",
      "/etc/wpa_supplicant",
      "/etc/credstore",
      "/etc/credstore.encrypted",
      "/etc/kubernetes",
      "/etc/rancher",
      "/etc/docker/key.json",
      "/var/lib/systemd/credential.secret",
      "/var/lib/NetworkManager",
      "/var/lib/sss",
      "/var/lib/kubelet",
      "/var/lib/rancher",
      "/var/lib/docker",
      "/var/lib/containerd",
      "/var/lib/containers",
      "/var/lib/agentbox",
      "/var/lib/libvirt",
      "/var/spool/cron",
      "/var/log/journal",
      "/swapfile",
      "/swap.img",
  };
}

// Variables with secrets, and those that name sockets which lead out of the sandbox.
Strings HiddenVariables() {
  return {
      "*TOKEN",
      "*TOKENS",
      "*_TOKEN_*",
      "*_KEY",
      "*_KEYS",
      "*APIKEY*",
      "*API_KEY*",
      "*ACCESS_KEY*",
      "*PRIVATE_KEY*",
      "*SECRET*",
      "*PASSWORD*",
      "*PASSWD*",
      "*PASSPHRASE*",
      "*_PASS",
      "*_PWD",
      "*CREDENTIAL*",
      "*_PAT",
      "*_AUTH",
      "*_AUTH_*",
      "*_AUTHTOKEN",
      "*COOKIE*",
      "*_DSN",
      "*CONNECTION_STRING*",
      "DATABASE_URL",
      "*_DATABASE_URL",
      "AWS_*",
      "AZURE_*",
      "ARM_CLIENT_*",
      "GOOGLE_*",
      "GCLOUD_*",
      "CLOUDSDK_*",
      "OCI_*",
      "VAULT_*",
      "OP_SESSION*",
      "BW_SESSION",
      "KUBECONFIG",
      "DOCKER_AUTH*",
      "DOCKER_HOST",
      "CONTAINER_HOST",
      "GPG_*",
      "SSH_*",
      "DBUS_*",
      "XAUTHORITY",
      "ICEAUTHORITY",
      "SESSION_MANAGER",
      "DISPLAY",
      "WAYLAND_DISPLAY",
      "WAYLAND_SOCKET",
      "XDG_RUNTIME_DIR",
      "PULSE_SERVER",
      "PIPEWIRE_*",
      "NOTIFY_SOCKET",
      "LISTEN_FDS",
      "LISTEN_PID",
      "LISTEN_FDNAMES",
      "CREDENTIALS_DIRECTORY",
      "INVOCATION_ID",
      "TMUX",
      "TMUX_PANE",
      "STY",
      "VSCODE_IPC_*",
      "VSCODE_GIT_*",
      "GIT_ASKPASS",
  };
}

}  // namespace

Policy DefaultPolicy() {
  Policy policy;
  policy.default_pids_limit = kPidsLimit;
  policy.hidden_paths = HiddenAtHome();
  for (std::string& path : HiddenOfSystem())
    policy.hidden_paths.push_back(std::move(path));
  policy.denied_files = DeniedFiles();
  policy.denied_with_tokens = {"**/.npmrc"};
  policy.denied_in_volumes = DeniedInVolumes();
  policy.hidden_environment = HiddenVariables();
  policy.exec_config = ExecConfig();
  for (const Key& key : Keys())
    policy.origins[std::string(key.name)] = "built-in";
  SetProfileLimits(policy);
  return policy;
}

}  // namespace agentbox::policy
