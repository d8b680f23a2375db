# shellcheck shell=bash
# tool: java
# does: javac, jar, threads, a server and a child process, G1 and ZGC; jshell
# image: dev
# version: java --version | sed -n 1p
cat >X.java <<'J'
import java.net.*; import java.net.http.*; import java.util.concurrent.*; import java.util.stream.*;
public class X {
  public static void main(String[] a) throws Exception {
    var server = com.sun.net.httpserver.HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext("/", e -> { e.sendResponseHeaders(200, 6); e.getResponseBody().write("served".getBytes()); e.close(); });
    server.start();
    var uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
    var text = HttpClient.newHttpClient().send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString()).body();
    server.stop(0);
    var child = new String(new ProcessBuilder("echo", "child").start().getInputStream().readAllBytes()).trim();
    var pool = Executors.newFixedThreadPool(50);
    long sum = 0;
    for (var f : pool.invokeAll(IntStream.range(0, 1000).mapToObj(i -> (Callable<Integer>) () -> i).collect(Collectors.toList()))) sum += f.get();
    pool.shutdown();
    var waste = new Object[100]; for (int i = 0; i < 20000; i++) waste[i % 100] = new byte[10000];
    System.out.println(sum + " " + text + " " + child + " " + Runtime.getRuntime().availableProcessors());
  }
}
J
javac -d classes X.java
jar --create --file x.jar --main-class X -C classes .
for collector in -XX:+UseG1GC -XX:+UseZGC; do
  java -Xmx256m $collector -jar x.jar | has -E '^499500 served child [0-9]+$'
done
echo 'System.out.println(IntStream.range(0, 5).sum())' | jshell -s - | has -x 10
