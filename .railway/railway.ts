// Railway: railway config plan, then railway config apply (docs/deploy.md). Its JSON and TOML files are
// not read any more from 2026-12-01 on. A volume belongs to one service, so the ledger is PostgreSQL.
import { defineRailway, github, postgres, preserve, project, service } from "railway/iac";

// Yours: the repository that this file is in.
const source = github("OWNER/meterctl", { branch: "main" });

export default defineRailway(() => {
  const ledger = postgres("ledger");
  // Secrets are set in Railway (railway variables --set), and what is there is kept.
  const settings = {
    METERCTL_LEDGER: ledger.env.DATABASE_URL,
    METERCTL_TIMEZONE: "Europe/Berlin",
    METERCTL_SHEET_ID: preserve(),
    METERCTL_GOOGLE_CREDENTIALS: preserve(),
    METERCTL_UTILITY_URL: preserve(),
    METERCTL_UTILITY_TOKEN: preserve(),
    // Within Railway's private network nobody vouches for the server's certificate.
    PGSSLMODE: "prefer",
  };
  const build = { builder: "DOCKERFILE", dockerfilePath: "Dockerfile" } as const;

  const web = service("web", {
    source,
    build,
    env: { ...settings, METERCTL_JWT_SECRET: preserve(), PORT: "8700" },
    deploy: {
      startCommand: "meterctl serve --host 0.0.0.0 --trusted-proxy 100.64.0.0/10",
      preDeployCommand: ["meterctl ledger migrate"],
      healthcheckPath: "/health",
      healthcheckTimeout: 60,
      drainingSeconds: 30,
      restartPolicyType: "ON_FAILURE",
      restartPolicyMaxRetries: 10,
    },
    networking: { serviceDomains: { "meterctl": { port: 8700 } } },
  });

  // Times are UTC. A run that is still at it lets the next one be skipped.
  const job = (name: string, cronSchedule: string, startCommand: string) =>
    service(name, {
      source,
      build,
      env: settings,
      deploy: { startCommand, cronSchedule, restartPolicyType: "NEVER" },
    });

  return project("meterctl", {
    resources: [
      ledger,
      web,
      job("push-utility", "10 3 * * *", "meterctl push-utility --quiet"),
      job("sync", "*/15 * * * *", "meterctl sync --quiet"),
    ],
  });
});
