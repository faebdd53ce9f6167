import org.codelibs.opensearch.runner.OpenSearchRunner;

/**
 * One OpenSearch node on a port that is given. The runner's own main takes only ports up to 9299, which two test runs
 * on one machine would share, and says nothing when a node does not start.
 */
public final class OpenSearch {
    public static void main(String[] arguments) throws InterruptedException {
        String folder = arguments[0];
        int port = Integer.parseInt(arguments[1]);
        OpenSearchRunner runner = new OpenSearchRunner() {
            @Override
            protected int getAvailableHttpPort(int node) {
                return port;
            }
        };
        runner.onBuild((node, settings) -> {
            settings.put("network.host", "127.0.0.1");
            settings.put("discovery.type", "single-node");
            // Its own range: the default one begins at 9300 for everybody.
            settings.put("transport.port", "30000-32000");
            // A laptop's full disk would make every index read-only.
            settings.put("cluster.routing.allocation.disk.threshold_enabled", false);
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                runner.close();
            } catch (Exception error) {
                error.printStackTrace();
            }
        }));
        try {
            runner.build(
                    OpenSearchRunner.newConfigs().basePath(folder).numOfNode(1).clusterName("octavo-" + port).useLogger());
        } catch (Throwable error) {
            error.printStackTrace();
            System.exit(1);
        }
        // All of the node's threads are daemons.
        Thread.currentThread().join();
    }
}
