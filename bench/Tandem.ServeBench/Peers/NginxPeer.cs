using System.Globalization;
using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Peers;

/// <summary>nginx, which answers by itself: its <c>echo</c> module waits as long as the applications of the others.</summary>
internal sealed class NginxPeer : Peer
{
    private const string Module = "ngx_http_echo_module.so";

    private static readonly string[] ModuleFolders = ["/usr/lib/nginx/modules", "/usr/lib64/nginx/modules"];

    internal override string Name => "nginx";

    internal override string Packages => "nginx-light libnginx-mod-http-echo";

    internal override string ReloadBy => "HUP, as `nginx -s reload`";

    internal override string? FindVersion() => FindModule() is null ? null : VersionOf("nginx", "-v");

    internal override string[] Start(int port, string folder)
    {
        double delay = DelayMilliseconds / 1000.0;
        // Workers of another user could not be looked into. Without privileges there is no choice, and nginx warns of the line.
        string user = Environment.IsPrivilegedProcess ? $"user {Environment.UserName};" : "";
        string configuration = string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            load_module {{FindModule()}};
            {{user}}
            daemon off;
            worker_processes {{Workers}};
            pid {{folder}}/nginx.pid;
            error_log stderr;
            events { }
            http {
                access_log off;
                client_body_temp_path {{folder}}/body;
                proxy_temp_path {{folder}}/proxy;
                fastcgi_temp_path {{folder}}/fastcgi;
                uwsgi_temp_path {{folder}}/uwsgi;
                scgi_temp_path {{folder}}/scgi;
                server {
                    listen 127.0.0.1:{{port}};
                    location / {
                        default_type text/plain;
                        echo_sleep {{delay}};
                        echo -n {{Body}};
                    }
                }
            }

            """);
        return [Find("nginx")!, "-e", "stderr", "-p", folder, "-c", Write(folder, "nginx.conf", configuration)];
    }

    internal override Task ReloadAsync(PeerServer server)
    {
        Os.Signal(server.Pid, Os.Hangup);
        return Task.CompletedTask;
    }

    private static string? FindModule() => ModuleFolders.Select(static folder => System.IO.Path.Combine(folder, Module)).FirstOrDefault(File.Exists);
}
