import java.util.List;
import java.util.Map;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.util.io.IOUtils;
import org.opensearch.env.Environment;
import org.opensearch.http.HttpServerTransport;
import org.opensearch.index.reindex.ReindexPlugin;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.transport.Netty4Plugin;

/**
 * One node of OpenSearch 2. It prints its port and runs until its standard input ends, which also happens when the process
 * that started it dies. Then it deletes its data.
 */
public class TestNode extends Node {
    TestNode(Environment environment) {
        super(environment, List.of(Netty4Plugin.class, ReindexPlugin.class), false);
    }

    /** Starts a node with the settings of the arguments, each in the form `name=value`. */
    public static void main(String[] arguments) throws Exception {
        Settings.Builder settings = Settings.builder();
        for (String argument : arguments) {
            String[] setting = argument.split("=", 2);
            settings.put(setting[0], setting[1]);
        }
        Environment environment =
                InternalSettingsPreparer.prepareEnvironment(settings.build(), Map.of(), null, () -> "test");
        try (TestNode node = new TestNode(environment)) {
            node.start();
            HttpServerTransport http = node.injector().getInstance(HttpServerTransport.class);
            System.out.println(http.boundAddress().publishAddress().getPort());
            while (System.in.read() != -1) {}
        }
        IOUtils.rm(environment.dataFiles());
        System.exit(0);
    }
}
